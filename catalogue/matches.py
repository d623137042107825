"""What is to be read for a term: the words in which planning and reading understand each other.

A term becomes a `Match`: alternatives of which one must hold, each of clauses which must all hold,
each of postings of which one must hold. Two things go beyond that: records to be taken away (not
equal), and a `Check` of the records' own text where the postings alone cannot tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from catalogue.access_points import PRESENT, AccessPoint

#: Fewer characters than this before a truncation may mean very many terms.
SHORT_WORD = 4

#: One term of one index: (``postings.access_point``, ``postings.term``).
Posting = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Span:
    """The terms of an index from `low` up to, not including, `high`; of these, if there is a
    `pattern`, the ones it matches whole."""

    index: int
    low: bytes
    high: bytes
    pattern: re.Pattern[str] | None = None
    is_wide: bool = False


class Place(Enum):
    """Where in a field a phrase is to be found."""

    ANYWHERE = "anywhere"
    BEGINNING = "beginning"
    END = "end"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Check:
    """Each of the folded `phrases` stands at `place` in a field of the access point `name`;
    where `is_open`, the last word of the last of them may go on."""

    name: str
    phrases: tuple[str, ...]
    place: Place
    is_open: bool = False


Clause = tuple[Posting | Span, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Records that every clause holds for, less those of `without`, that pass the check."""

    clauses: tuple[Clause, ...]
    without: Clause = ()
    check: Check | None = None


Match = tuple[Alternative, ...]


def present(points: tuple[AccessPoint, ...]) -> Clause:
    """Every record that has one of the points at all."""
    return tuple((point.presence_index, PRESENT) for point in points)


def after(prefix: bytes) -> bytes:
    """The least term greater than all that begin with `prefix`, which is UTF-8 or ASCII."""
    return prefix[:-1] + bytes((prefix[-1] + 1,))
