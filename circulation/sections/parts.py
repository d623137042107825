"""The parts of a set-up, in the same form whether they come from the text or the database.

A part is a noun, the key that identifies it, and its fields. It contains no ids of rows: branches
and agencies are named by ISIL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from circulation.sections.source import Problem

Key = tuple[str, ...]
Fields = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Noun:
    """A kind of part; `word` is what people call it.

    `called` gives the name of a part by its key, if that is not the word and the key. `lets_go`: a
    changed part is removed first, so that what it names can be removed too. `secret` are fields
    that are never shown: hashes of passwords. `built_in` are parts, by the first of their key, that
    are there where the text says nothing of them: what it says goes before them.
    """

    word: str
    called: Callable[[Key], str] | None = None
    lets_go: bool = False
    secret: frozenset[str] = frozenset()
    built_in: Mapping[str, Fields] = field(default_factory=dict)

    def title(self, key: Key) -> str:
        """The name of a part."""
        return " ".join((self.word, *key)) if self.called is None else self.called(key)


CATEGORY = Noun("patron category")  # code -> name, parent
GROUP = Noun("material group")  # code -> name, parent, media_type, magnetic
AGENCY = Noun("agency")  # ISIL -> name, kind, timezone...
BRANCH = Noun("branch")  # ISIL -> agency, name


class _ByNoun(dict[Noun, dict[Key, Fields]]):
    def __missing__(self, noun: Noun) -> dict[Key, Fields]:
        return {}


@dataclass
class Parts:
    """A whole set-up."""

    of: dict[Noun, dict[Key, Fields]] = field(default_factory=_ByNoun)

    def add(self, noun: Noun, key: Key, fields: Fields) -> None:
        self.of.setdefault(noun, {})[key] = fields

    def tree(self, noun: Noun) -> Mapping[str, str | None]:
        """Patron categories or material groups with their parents."""
        return {key[0]: fields["parent"] for key, fields in self.of[noun].items()}


#: Gives the line of a part, or of one of its fields.
Lines = Callable[[Noun, Key, str], int | None]


def no_such(noun: Noun, key: Key, line: int | None, what: str, name: str) -> Problem:
    """The problem of a part that names something that does not exist."""
    return Problem(line, f'{noun.title(key)}: there is no {what} "{name}"')
