"""What decides a term of a point that holds numbers, years or codes rather than words.

Their values are wholes, so position, completeness and most structures ask for nothing that is not
the case anyway, and right truncation is the one way to give less than the whole.

* Equal and not equal: all; not equal is every record that has the point, but not this value.
* Less, greater and their kin, within (two values): years, and numbers of Dewey, UDC and the local
  class (DK5), whose digits are in the order of the classification.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from catalogue.index.access_points import AccessPoint, Kind
from catalogue.index.numbers import (
    isbn_keys,
    issn_key,
    language_keys,
    lc_card_number_key,
    number_key,
)
from catalogue.query import (
    UNKNOWN_RELATIONS,
    Part,
    Relation,
    Structure,
    Term,
    Truncation,
    UnsupportedSearch,
)
from catalogue.searching.matches import (
    SHORT_WORD,
    Alternative,
    Clause,
    Match,
    Posting,
    Span,
    after,
    present,
)

#: Points whose terms stand in the order of what they mean: years, and classifications by decimals.
ORDERED = frozenset(("year", "dewey", "udc", "local_class"))
#: The first term of an ordered point, and what is after its last: they begin with digits.
_LOWEST, _BEYOND = b"0", b":"

#: The structures that a term of each kind of index may have.
STRUCTURES: dict[Kind, frozenset[Structure]] = {
    Kind.NUMBER: frozenset(Structure) - {Structure.YEAR, Structure.DATE, Structure.NAME},
    Kind.CODE: frozenset(
        (
            Structure.PHRASE,
            Structure.WORD,
            Structure.WORD_LIST,
            Structure.KEY,
            Structure.STRING,
        )
    ),
    Kind.YEAR: frozenset(Structure) - {Structure.NAME, Structure.LOCAL_NUMBER},
}

_NUMBER_KEYS: dict[str, Callable[[str], str]] = {
    "isbn": lambda text: isbn_keys(text)[0] if number_key(text) else "",
    "issn": issn_key,
    "lc_card_number": lc_card_number_key,
}
_YEAR = re.compile(r"[0-9]{4}")
_YEAR_BEGINNING = re.compile(r"[0-9]{1,4}")
_TWO_VALUES = re.compile(r"\s*([^\s/-]+)\s*(?:[\s/-])\s*([^\s/-]+)\s*")


def plan_number(term: Term, points: tuple[AccessPoint, ...]) -> Match:
    """The match of a term of such a point; raises UnsupportedSearch."""
    kind = points[0].kinds[0]
    if term.structure is not None and term.structure not in STRUCTURES[kind]:
        raise UnsupportedSearch(Part.STRUCTURE, term.structure.value)
    is_open = term.truncation is Truncation.RIGHT
    if term.truncation not in (None, Truncation.NONE, Truncation.RIGHT):
        raise UnsupportedSearch(Part.TRUNCATION, term.truncation.value)
    relation = term.relation
    if relation is None or relation is Relation.EQUAL:
        return (Alternative((_equal(term.text, points, is_open),)),)
    if relation is Relation.NOT_EQUAL:
        return (Alternative((present(points),), without=_equal(term.text, points, is_open)),)
    if points[0].name not in ORDERED or relation in UNKNOWN_RELATIONS:
        raise UnsupportedSearch(Part.RELATION, relation.value)
    if is_open:
        raise UnsupportedSearch(Part.COMBINATION, f"{relation.value}, {Truncation.RIGHT.value}")
    return (Alternative(((_between(term.text, relation, points[0]),),)),)


def _equal(text: str, points: tuple[AccessPoint, ...], is_open: bool) -> Clause:
    parts: list[Posting | Span] = []
    for point in points:
        index, key = point.index(point.kinds[0]), _key(text, point, is_open)
        if key and is_open:
            parts.append(Span(index, key, after(key), is_wide=len(key) < SHORT_WORD))
        elif key:
            parts.append((index, key))
    if not parts:
        raise UnsupportedSearch(Part.TERM, text)
    return tuple(parts)


def _key(text: str, point: AccessPoint, is_open: bool) -> bytes:
    """The term that the text is in the index of this point; empty if it can be none."""
    kind = point.kinds[0]
    if kind is Kind.NUMBER:
        return _NUMBER_KEYS.get(point.name, number_key)(text).encode()
    if kind is Kind.YEAR:
        year = text.strip()
        return year.encode() if (_YEAR_BEGINNING if is_open else _YEAR).fullmatch(year) else b""
    if point.name == "language" and not is_open:
        keys = language_keys(text) if len(number_key(text)) == 3 else []
        return keys[0].encode() if keys else b""
    return " ".join(text.lower().split()).encode("utf-8", "replace")


def _between(text: str, relation: Relation, point: AccessPoint) -> Span:
    index = point.index(point.kinds[0])
    if relation is Relation.WITHIN:
        values = _TWO_VALUES.fullmatch(text)
        if values is None:
            raise UnsupportedSearch(Part.TERM, text)
        low, high = (_ordered_key(value, point, text) for value in values.groups())
        return Span(index, low, high + b"\x00", is_wide=True)
    key = _ordered_key(text, point, text)
    low, high = {
        Relation.LESS: (_LOWEST, key),
        Relation.LESS_OR_EQUAL: (_LOWEST, key + b"\x00"),
        Relation.GREATER: (key + b"\x00", _BEYOND),
        Relation.GREATER_OR_EQUAL: (key, _BEYOND),
    }[relation]
    return Span(index, low, high, is_wide=True)


def _ordered_key(value: str, point: AccessPoint, text: str) -> bytes:
    key = _key(value, point, is_open=False)
    if not key.isdigit():
        raise UnsupportedSearch(Part.TERM, text)
    return key
