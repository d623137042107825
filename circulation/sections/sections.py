"""A section of library.toml: what the organisation, or a feature, says in it, and how it is kept.

A text and the database are brought into the same form (`circulation.sections.parts`) and compared;
a section knows both ways of its parts. Features join through `circulation.assembly`; the order of
the sections there is that in which changes are shown and written, and the reverse of that in which
parts are removed: whatever names another comes after it.
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
from circulation.sections.changes import Change
from circulation.sections.options import Checks
from circulation.sections.parts import Fields, Key, Lines, Noun, Parts
from circulation.sections.positions import Path
from circulation.sections.source import Problem, Source

Changes = Mapping[Noun, Sequence[Change]]


class Written(NamedTuple):
    """A part as the text has it."""

    key: Key
    path: Path
    table: Mapping[str, Any]


@dataclass
class Reading:
    """A text being read. `checks` is what protocols say of options that are theirs."""

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
        """Notes a part; a second one of the same key is a problem. What `table` says besides, other
        sections find by `written`."""
        if (first := self.lines.get((noun, key, ""))) is not None:
            self.source.problem(path, f"line {first} says this already")
            return
        self.parts.add(noun, key, fields)
        self.lines[noun, key, ""] = self.source.line(path)
        if table is not None:
            self._written.setdefault(noun, []).append(Written(key, path, table))
        for name in fields:
            self.line_of(noun, key, name, path)

    def line_of(self, noun: Noun, key: Key, name: str, path: Path) -> None:
        """Notes where something that the part says stands."""
        self.lines[noun, key, name] = self.source.line((*path, name))

    def written(self, noun: Noun) -> list[Written]:
        """The parts of the noun that have been read."""
        return self._written.get(noun, [])

    def section(self, name: str) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
        """The tables of a section by their names, which cannot be empty."""
        document = self.source.table((name,), self.source.document.get(name, {}))
        for each, value in document.items():
            path: Path = (name, each)
            if not each.strip():
                self.source.problem(path, "a name cannot be empty")
            yield each, path, self.source.table(path, value)

    def array(self, name: str) -> list[tuple[Path, Mapping[str, Any]]]:
        """The tables of a section that is an array."""
        return self.source.tables((name,), self.source.document.get(name, []))


class Stored:
    """The set-up that a transaction sees, being brought into parts."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.parts = Parts()
        self.agency_isil = {each.id: each.isil for each in all_agencies(transaction)}
        self.branch_isil = {each.id: each.isil for each in all_branches(transaction)}

    def place(self, agency_id: int | None, branch_id: int | None) -> str:
        """The ISIL of the branch or agency; empty where it is for all."""
        if branch_id is not None:
            return self.branch_isil[branch_id]
        return "" if agency_id is None else self.agency_isil[agency_id]


class Storing(NamedTuple):
    """Changes that are known to fit, being written."""

    transaction: Transaction

    def agency(self, isil: str) -> int:
        return next(each.id for each in all_agencies(self.transaction) if each.isil == isil)

    def branch(self, isil: str) -> int:
        return next(each.id for each in all_branches(self.transaction) if each.isil == isil)

    def owner(self, isil: str) -> Owner:
        """The agency or branch with the ISIL; neither for an empty one."""
        found = (each.id for each in all_branches(self.transaction) if each.isil == isil)
        branch_id = next(found, None)
        return Owner(self.agency(isil) if isil and branch_id is None else None, branch_id)


class Section:
    """One section. `keys` are those of the text that it reads, `adds` what it reads in tables of
    other nouns; `tables` are those of the database that it sets, with the key that does so.

    `shape` shows how it is written, for the reference page, `model` is the class of its settings,
    where it has one.
    """

    shape: str = ""
    model: Model[Any] | None = None
    #: Columns that hold codes of parts without a foreign key; what they name cannot be removed.
    named_in: Mapping[Noun, Column[Any]] = {}
    keys: tuple[str, ...] = ()
    adds: Mapping[Noun, tuple[str, ...]] = {}
    nouns: tuple[Noun, ...] = ()
    tables: Mapping[str, str] = {}

    def read(self, reading: Reading) -> None:
        """Adds what the text says; notes what is wrong with it."""

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        """What is wrong with its parts beside those of others."""
        return []

    def load(self, stored: Stored) -> None:
        """Adds what is stored."""

    def remove(self, storing: Storing, changes: Changes) -> None:
        """Removes parts, and lets go of what is removed by the sections before."""
        for noun in reversed(self.nouns):
            for change in changes[noun]:
                if change.after is None or (noun.lets_go and change.before is not None):
                    self.forget(storing, change)

    def write(self, storing: Storing, changes: Changes) -> None:
        """Stores parts that are new or have changed."""
        for noun in self.nouns:
            for change in changes[noun]:
                if change.after is not None:
                    self.store(storing, change, change.after)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        """Stores one part."""

    def forget(self, storing: Storing, change: Change) -> None:
        """Removes one part, if only to store it again."""


#: All sections in their order.
SECTIONS: Registry[Section] = Registry("sections of the set-up")


def keys_within(noun: Noun) -> tuple[str, ...]:
    """What all sections together read in tables of the noun."""
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
