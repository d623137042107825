"""A section of library.toml: what the organisation or a feature reads from it and how it is stored.

The text and the database are brought into the same form (`circulation.sections.parts`) and
compared; a section converts its parts both ways. Features join through `circulation.assembly`.
Changes are shown and written in the order of the sections there, and parts are removed in the
reverse order: whatever names another part comes after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Column

from catalogue.database import Transaction
from circulation.calendars.rows import Owner
from circulation.kernel.models import Model
from circulation.kernel.organisation import all_agencies
from circulation.kernel.parts import Registry
from circulation.kernel.set_up import all_branches
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.options import Checks
from circulation.sections.parts import Fields, Key, Lines, Noun, Parts
from circulation.sections.positions import Path
from circulation.sections.source import Problem, Source

Changes = Mapping[Noun, Sequence[Change]]


class Written(NamedTuple):
    """A part as it is written in the text."""

    key: Key
    path: Path
    table: Mapping[str, Any]


@dataclass
class Reading:
    """A text that is being read. `checks` are those of the protocols for their options."""

    source: Source
    checks: Checks
    parts: Parts = field(default_factory=Parts)
    lines: dict[tuple[Noun, Key, str], int] = field(default_factory=dict)
    _written: dict[Noun, list[Written]] = field(default_factory=dict)

    def add(
        self,
        noun: Noun,
        key: Key,
        fields: Fields,
        path: Path,
        table: Mapping[str, Any] | None = None,
    ) -> None:
        """Adds a part; a second one with the same key is a problem. Other sections find the rest of
        `table` through `written`."""
        if (first := self.lines.get((noun, key, ""))) is not None:
            self.source.problem(path, Sentence("SAID_ALREADY", line=first))
            return
        self.parts.add(noun, key, fields)
        self.lines[noun, key, ""] = self.source.line(path)
        if table is not None:
            self._written.setdefault(noun, []).append(Written(key, path, table))
        for name in fields:
            self.line_of(noun, key, name, path)

    def line_of(self, noun: Noun, key: Key, name: str, path: Path) -> None:
        """Notes the line of something that the part says."""
        self.lines[noun, key, name] = self.source.line((*path, name))

    def written(self, noun: Noun) -> list[Written]:
        """The parts of the noun that have been read so far."""
        return self._written.get(noun, [])

    def section(self, name: str) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
        """The tables of a section by their names, which cannot be empty."""
        document = self.source.table((name,), self.source.document.get(name, {}))
        for each, value in document.items():
            path: Path = (name, each)
            if not each.strip():
                self.source.problem(path, Sentence("NAME_EMPTY"))
            yield each, path, self.source.table(path, value)

    def array(self, name: str) -> list[tuple[Path, Mapping[str, Any]]]:
        """The tables of a section that is an array."""
        return self.source.tables((name,), self.source.document.get(name, []))


class Stored:
    """The stored set-up that is being converted into parts."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.parts = Parts()
        self.agency_isil = {each.id: each.isil for each in all_agencies(transaction)}
        self.branch_isil = {each.id: each.isil for each in all_branches(transaction)}

    def place(self, agency_id: int | None, branch_id: int | None) -> str:
        """The ISIL of the branch or agency; empty for everywhere."""
        if branch_id is not None:
            return self.branch_isil[branch_id]
        return "" if agency_id is None else self.agency_isil[agency_id]


class Storing(NamedTuple):
    """Changes that are being written, after they have been checked."""

    transaction: Transaction

    def agency(self, isil: str) -> int:
        return next(each.id for each in all_agencies(self.transaction) if each.isil == isil)

    def branch(self, isil: str) -> int:
        return next(each.id for each in all_branches(self.transaction) if each.isil == isil)

    def owner(self, isil: str) -> Owner:
        """The agency or branch with the ISIL; neither if it is empty."""
        found = (each.id for each in all_branches(self.transaction) if each.isil == isil)
        branch_id = next(found, None)
        return Owner(self.agency(isil) if isil and branch_id is None else None, branch_id)


class Section:
    """One section of the text.

    `keys` are the keys of the text that it reads, `adds` those it reads in tables of other nouns;
    `tables` are the tables of the database that it sets, with the key that does so. `shape` shows
    on the reference page how it is written; `model` is the class of its settings, if it has one.
    """

    shape: str = ""
    model: Model[Any] | None = None
    #: Columns with codes of parts and no foreign key; what they name cannot be removed.
    named_in: Mapping[Noun, Column[Any]] = {}
    keys: tuple[str, ...] = ()
    adds: Mapping[Noun, tuple[str, ...]] = {}
    nouns: tuple[Noun, ...] = ()
    tables: Mapping[str, str] = {}

    def read(self, reading: Reading) -> None:
        """Adds what the text says, and notes what is wrong with it."""

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        """What is wrong with its parts in relation to those of others."""
        return []

    def load(self, stored: Stored) -> None:
        """Adds what is stored."""

    def remove(self, storing: Storing, changes: Changes) -> None:
        """Removes parts, also changed ones that name what earlier sections may remove."""
        for noun in reversed(self.nouns):
            for change in changes[noun]:
                if change.after is None or (noun.lets_go and change.before is not None):
                    self.forget(storing, change)

    def write(self, storing: Storing, changes: Changes) -> None:
        """Stores new and changed parts."""
        for noun in self.nouns:
            for change in changes[noun]:
                if change.after is not None:
                    self.store(storing, change, change.after)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        """Stores one part."""

    def forget(self, storing: Storing, change: Change) -> None:
        """Removes one part, perhaps only to store it again."""


#: All sections, in order.
SECTIONS: Registry[Section] = Registry("sections.sections:SECTIONS")


def keys_within(noun: Noun) -> tuple[str, ...]:
    """The keys that all sections together read in tables of the noun."""
    return tuple(key for section in SECTIONS for key in section.adds.get(noun, ()))


def differences(stored: Parts, wanted: Parts) -> list[Change]:
    """All changes, by noun in the order of the sections, and by key."""
    changes = []
    for noun in (noun for section in SECTIONS for noun in section.nouns):
        old, new = stored.of[noun], wanted.of[noun]
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                changes.append(Change(noun, key, old.get(key), new.get(key)))
    return changes
