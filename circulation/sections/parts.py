"""The parts of a set-up, in the same form whether they come from the text or the database.

A part is a noun, the key that identifies it, and its fields. It contains no ids of rows: branches
and agencies are named by ISIL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from circulation.languages.sentences import Fact, Sentence
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
    called: Callable[[Key], Sentence] | None = None
    lets_go: bool = False
    secret: frozenset[str] = frozenset()
    built_in: Mapping[str, Fields] = field(default_factory=dict)

    @property
    def said(self) -> Sentence:
        """Its word, in any language."""
        return Sentence(f"NOUN_{self.word}")

    def title(self, key: Key) -> Sentence:
        """The name of a part."""
        if self.called is not None:
            return self.called(key)
        return Sentence("PART", noun=self.said, key=" ".join(key)) if key else self.said


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


def of_part(title: Sentence, name: str, /, **facts: Fact) -> Sentence:
    """A sentence about a part, after its title."""
    return Sentence("AT", path=title, text=Sentence(name, **facts))


def no_such(noun: Noun, key: Key, line: int | None, what: str, name: str) -> Problem:
    """The problem of a part that names something that does not exist; `what` is the word for
    it."""
    there_is_none = Sentence("NOT_THERE", what=Sentence(f"NOUN_{what}"), name=name)
    return Problem(line, Sentence("AT", path=noun.title(key), text=there_is_none))
