"""What is to be read for a term: what planning hands to reading.

A term becomes a `Match`: alternatives of which one must hold, each of clauses which must all hold,
each of postings of which one must hold. Two things go beyond that: records to be taken away (not
equal), and a `Check` of the records' own text where the postings alone cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from catalogue.index.access_points import PRESENT, AccessPoint

#: Fewer characters than this before a truncation may mean very many terms.
SHORT_WORD = 4

#: One term of one index: (``postings.access_point``, ``postings.term``).
Posting = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Span:
    """The terms of an index from `low` up to, not including, `high`.

    Of these those alone that `accepts` says yes to, that a regular `expression` matches (made
    ready anew for each search: what it learns of the words is not to be kept), or that end with,
    or contain, some bytes.
    `is_wide`: they may be many; `is_walked`: so many that the terms are read before the records.
    """

    index: int
    low: bytes
    high: bytes
    accepts: Callable[[str], object] | None = None
    is_wide: bool = False
    is_walked: bool = False
    expression: str = ""
    ending: bytes = b""
    containing: bytes = b""


@dataclass(frozen=True, slots=True)
class Held:
    """The records with items of an agency or branch whose ISIL, as a key of numbers, is `key`, or
    begins with it where `is_open`."""

    key: str
    is_open: bool


class Place(Enum):
    """Where in a field a phrase is to be found."""

    ANYWHERE = "anywhere"
    BEGINNING = "beginning"
    WHOLE = "whole"


class Texts(Enum):
    """Which texts of a record are looked at (`catalogue.index.field_texts`)."""

    FIELDS = "fields"
    SUBFIELDS = "subfields"
    WHOLES = "whole fields, with and without their further subfields"


@dataclass(frozen=True, slots=True)
class Check:
    """Each of the folded `phrases` stands at `place` in a text of the access point `name`;
    where `is_open`, the last word of each may go on."""

    name: str
    phrases: tuple[str, ...]
    place: Place
    is_open: bool = False
    texts: Texts = Texts.FIELDS


Clause = tuple[Posting | Span | Held, ...]


class Alternative(NamedTuple):
    """Records that every clause holds for, less those of `without`, that pass the check."""

    clauses: tuple[Clause, ...]
    without: Clause = ()
    check: Check | None = None


Match = tuple[Alternative, ...]


def present(points: tuple[AccessPoint, ...]) -> Clause:
    """Every record that has one of the points at all."""
    clause: Clause = tuple((point.presence_index, PRESENT) for point in points)
    return (*clause, Held("", is_open=True)) if points[0].has_holders else clause


def after(prefix: bytes) -> bytes:
    """The least term greater than all that begin with `prefix`, which is UTF-8 or ASCII."""
    return prefix[:-1] + bytes((prefix[-1] + 1,))


def sole_posting(match: Match) -> Posting | None:
    """The one term of an index that decides a match, as it often is."""
    clauses, without, check = match[0]
    if len(match) > 1 or len(clauses) > 1 or without or check is not None:
        return None
    clause = clauses[0]
    part = clause[0]
    return part if len(clause) == 1 and isinstance(part, tuple) else None
