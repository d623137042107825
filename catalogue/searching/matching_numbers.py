"""What decides a term of a point that holds numbers, years or codes rather than words.

Their values are wholes, so position, completeness and most structures ask for nothing that is not
the case anyway, and right truncation is the one way to give less than the whole.

* Equal and not equal: all; not equal is every record that has the point, but not this value.
* A date is read as people write it (`catalogue.searching.years`), and so is a language
  (`catalogue.searching.languages`).
* Less, greater and their kin, within (two values): years, and numbers of Dewey, UDC and the local
  class (DK5), whose digits are in the order of the classification.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from catalogue.index.access_points import AccessPoint, Kind
from catalogue.index.numbers import isbn_keys, issn_key, lc_card_number_key, number_key
from catalogue.query import (
    UNKNOWN_RELATIONS,
    Part,
    Relation,
    Structure,
    Term,
    Truncation,
    UnsupportedSearch,
)
from catalogue.searching.languages import language_codes
from catalogue.searching.matches import (
    SHORT_WORD,
    Alternative,
    Clause,
    Held,
    Match,
    Posting,
    Span,
    after,
    present,
)
from catalogue.searching.years import Years, years_of_text

#: Points whose terms stand in the order of what they mean: years, and classifications by decimals.
ORDERED = frozenset(("year", "dewey", "udc", "local_class"))
#: The first term of an ordered point, and what follows its last: its terms begin with digits.
_LOWEST, _BEYOND = b"0", b":"

_CODE_STRUCTURES = frozenset(
    (Structure.PHRASE, Structure.WORD, Structure.WORD_LIST, Structure.KEY, Structure.STRING)
)
#: The structures that a term of each kind of index may have.
STRUCTURES: dict[Kind, frozenset[Structure]] = {
    Kind.NUMBER: frozenset(Structure) - {Structure.YEAR, Structure.DATE, Structure.NAME},
    Kind.CODE: _CODE_STRUCTURES,
    Kind.YEAR: frozenset(Structure) - {Structure.NAME, Structure.LOCAL_NUMBER},
}

_NUMBER_KEYS: dict[str, Callable[[str], str]] = {
    "isbn": lambda text: isbn_keys(text)[0] if number_key(text) else "",
    "issn": issn_key,
    "lc_card_number": lc_card_number_key,
}
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
    parts: list[Posting | Span | Held] = []
    for point in points:
        if point.has_holders and (held := number_key(text)):
            parts.append(Held(held, is_open))
        index = point.index(point.kinds[0])
        if is_open:
            key = _beginning(text, point)
            if key:
                parts.append(Span(index, key, after(key), is_wide=len(key) < SHORT_WORD))
        elif point.name == "language":
            parts += [(index, code.encode()) for code in language_codes(text)]
        elif point.kinds[0] is Kind.YEAR:
            years = years_of_text(text)
            if years is not None:
                parts.append(_in_years(index, years))
        elif key := _key(text, point):
            parts.append((index, key))
    if not parts:
        raise UnsupportedSearch(Part.TERM, text)
    return tuple(parts)


def _in_years(index: int, years: Years) -> Posting | Span:
    low, high = _year_key(years.first), _year_key(years.last)
    return (index, low) if low == high else Span(index, low, high + b"\x00", is_wide=True)


def _year_key(year: int) -> bytes:
    return b"%04d" % year


def _beginning(text: str, point: AccessPoint) -> bytes:
    """What terms of the point's index begin with; empty if none can begin like that."""
    if point.kinds[0] is not Kind.YEAR:
        return _key(text, point)
    year = text.strip().lstrip("[(")
    return year.encode() if _YEAR_BEGINNING.fullmatch(year) else b""


def _key(text: str, point: AccessPoint) -> bytes:
    """The term that the text is in the index of this point; empty if it can be none."""
    if point.kinds[0] is Kind.NUMBER:
        return _NUMBER_KEYS.get(point.name, number_key)(text).encode()
    return " ".join(text.lower().split()).encode("utf-8", "replace")


def _between(text: str, relation: Relation, point: AccessPoint) -> Span:
    index = point.index(point.kinds[0])
    if relation is Relation.WITHIN:
        low, high = _within(text, point)
    else:
        first, last = _bounds(text, point, text)
        low, high = {
            Relation.LESS: (_LOWEST, first),
            Relation.LESS_OR_EQUAL: (_LOWEST, last + b"\x00"),
            Relation.GREATER: (last + b"\x00", _BEYOND),
            Relation.GREATER_OR_EQUAL: (first, _BEYOND),
        }[relation]
    return Span(index, low, high, is_wide=True)


def _within(text: str, point: AccessPoint) -> tuple[bytes, bytes]:
    """From the one value up to and with the other, which may be periods themselves."""
    values = _TWO_VALUES.fullmatch(text)
    years = years_of_text(text) if point.kinds[0] is Kind.YEAR else None
    if years is not None and years.first < years.last:
        first, last = _bounds(text, point, text)
    elif values is None:
        raise UnsupportedSearch(Part.TERM, text)
    else:
        first, last = _bounds(values[1], point, text)[0], _bounds(values[2], point, text)[1]
    return first, last + b"\x00"


def _bounds(value: str, point: AccessPoint, text: str) -> tuple[bytes, bytes]:
    """The first and the last term that a value stands for, usually one; `text` is at fault."""
    if point.kinds[0] is Kind.YEAR:
        years = years_of_text(value)
        if years is not None:
            return _year_key(years.first), _year_key(years.last)
    else:
        key = _key(value, point)
        if key.isdigit():
            return key, key
    raise UnsupportedSearch(Part.TERM, text)
