"""The set-up in pieces that can be compared: the same whether they come from text or database.

A part is a noun, the key that names it among its like, and its fields. Ids of rows stand in none:
branches and agencies go by ISIL.
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
    """What a set-up is made of: `word` is the word for one of it.

    `called` gives what one is called by its key, where that is not the word and the key.
    `lets_go`: what changes lets go of what it names, which may be removed next. `secret` are fields
    that nobody is shown: hashes of passwords.
    """

    word: str
    called: Callable[[Key], str] | None = None
    lets_go: bool = False
    secret: frozenset[str] = frozenset()

    def title(self, key: Key) -> str:
        """What a part is called."""
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


#: Where a part, or a field of it, stands.
Lines = Callable[[Noun, Key, str], int | None]


def no_such(noun: Noun, key: Key, line: int | None, what: str, name: str) -> Problem:
    """A part names something that is not there."""
    return Problem(line, f'{noun.title(key)}: there is no {what} "{name}"')
