"""Reading postings, and records where these do not decide: from matches to bitmaps.

All single terms of a query are read in one statement per eight of them; ranges of terms after
that, and only where something is left to be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from pyroaring import BitMap
from sqlalchemy import bindparam, literal_column, select, union_all

from catalogue.extraction import texts_of
from catalogue.matches import Alternative, Check, Clause, Match, Place, Posting, Span
from catalogue.query import Part, UnsupportedSearch
from catalogue.records import fetch_records
from catalogue.schema import postings
from catalogue.statements import Transaction, many

#: Terms that one truncated or masked term, or one comparison, may take in.
MOST_TERMS = 100_000
#: Single terms that one query may read.
MOST_POSTINGS = 4_000
#: Records whose text is looked at for one term.
MOST_CHECKED = 10_000
#: Terms read in one statement.
_AT_ONCE = 8

_one_term: Callable[..., list[tuple[bytes]]] = many(
    select(postings.c.bitmap).where(
        postings.c.access_point == bindparam("access_point"), postings.c.term == bindparam("term")
    ),
    None,
    "access_point",
    "term",
)


@lru_cache(maxsize=_AT_ONCE)
def _several_terms(size: int) -> Any:
    """The bitmaps of `size` terms (index and term in turn), each with its number."""
    parameters: list[str] = []
    selects = []
    for number in range(size):
        names = (f"access_point_{number}", f"term_{number}")
        parameters += names
        selects.append(
            select(literal_column(str(number)), postings.c.bitmap).where(
                postings.c.access_point == bindparam(names[0], type_=postings.c.access_point.type),
                postings.c.term == bindparam(names[1], type_=postings.c.term.type),
            )
        )
    return many(union_all(*selects), None, *parameters)


_in_span = (
    (postings.c.access_point == bindparam("access_point"))
    & (postings.c.term >= bindparam("low"))
    & (postings.c.term < bindparam("high"))
)
_bitmaps_of_span: Callable[..., list[tuple[bytes]]] = many(
    select(postings.c.bitmap).where(_in_span).limit(MOST_TERMS + 1),
    None,
    "access_point",
    "low",
    "high",
)
_terms_of_span: Callable[..., list[tuple[bytes, bytes]]] = many(
    select(postings.c.term, postings.c.bitmap).where(_in_span).limit(MOST_TERMS + 1),
    None,
    "access_point",
    "low",
    "high",
)


def find_matches(transaction: Transaction, matches: Sequence[Match]) -> list[BitMap]:
    """The records of each match. Raises UnsupportedSearch where one would take in too much."""
    wanted: dict[Posting, BitMap] = {}
    for match in matches:
        for alternative in match:
            for clause in (*alternative.clauses, alternative.without):
                for part in clause:
                    if not isinstance(part, Span):
                        wanted[part] = _NONE
        if len(wanted) > MOST_POSTINGS:
            raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_POSTINGS} words")
    _read_terms(transaction, wanted)
    return [_find(transaction, match, wanted) for match in matches]


_NONE = BitMap()


def _read_terms(transaction: Transaction, wanted: dict[Posting, BitMap]) -> None:
    if len(wanted) == 1:
        ((index, term),) = wanted
        wanted[index, term] = _joined(_one_term(transaction, index, term))
        return
    keys = iter(list(wanted))
    while part := list(islice(keys, _AT_ONCE)):
        values = [value for key in part for value in key]
        for number, bitmap in _several_terms(len(part))(transaction, *values):
            key = part[number]
            records = BitMap.deserialize(bitmap)
            before = wanted[key]
            wanted[key] = before | records if before else records


def _joined(rows: Sequence[tuple[bytes]]) -> BitMap:
    """The union of the bitmaps of rows, as a new bitmap."""
    if len(rows) == 1:
        return BitMap.deserialize(rows[0][0])
    return BitMap.union(*[BitMap.deserialize(row[0]) for row in rows]) if rows else BitMap()


def _find(transaction: Transaction, match: Match, read: dict[Posting, BitMap]) -> BitMap:
    if len(match) == 1:
        return _find_alternative(transaction, match[0], read)
    return BitMap.union(*[_find_alternative(transaction, part, read) for part in match])


def _find_alternative(
    transaction: Transaction, alternative: Alternative, read: dict[Posting, BitMap]
) -> BitMap:
    found: BitMap | None = None
    # Ranges last: they are dear, and not needed where nothing is left.
    for clause in sorted(alternative.clauses, key=_has_span):
        records = _records_of(transaction, clause, read)
        found = records if found is None else found & records
        if not found:
            return BitMap()
    assert found is not None
    if alternative.without:
        found = found - _records_of(transaction, alternative.without, read)
    if alternative.check is not None:
        found = _checked(transaction, found, alternative.check)
    return found


def _has_span(clause: Clause) -> bool:
    return isinstance(clause[-1], Span)


def _records_of(transaction: Transaction, clause: Clause, read: dict[Posting, BitMap]) -> BitMap:
    bitmaps = [
        _read_span(transaction, part) if isinstance(part, Span) else read[part] for part in clause
    ]
    return bitmaps[0] if len(bitmaps) == 1 else BitMap.union(*bitmaps)


def _read_span(transaction: Transaction, span: Span) -> BitMap:
    if span.pattern is None:
        rows = _bitmaps_of_span(transaction, span.index, span.low, span.high)
        read = len(rows)
    else:
        whole = span.pattern.fullmatch
        terms = _terms_of_span(transaction, span.index, span.low, span.high)
        read = len(terms)
        rows = [(bitmap,) for term, bitmap in terms if whole(term.decode("utf-8", "replace"))]
    if read > MOST_TERMS:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_TERMS} terms")
    return _joined(rows)


def _checked(transaction: Transaction, candidates: BitMap, check: Check) -> BitMap:
    """The candidates whose text passes the check."""
    if len(candidates) > MOST_CHECKED:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_CHECKED} records to look at")
    passed = BitMap()
    ids = candidates.to_array().tolist()
    for start in range(0, len(ids), 500):
        for record in fetch_records(transaction, ids[start : start + 500]):
            if _passes(texts_of(record.format, record.data, check.name), check):
                passed.add(record.id)
    return passed


def _passes(fields: Iterable[Sequence[str]], check: Check) -> bool:
    missing = {*range(len(check.phrases))}
    last = len(check.phrases) - 1
    for readings in fields:
        for text in readings:
            missing -= {
                at
                for at in missing
                if _stands(text, check.phrases[at], check.place, check.is_open and at == last)
            }
        if not missing:
            return True
    return False


def _stands(text: str, phrase: str, place: Place, is_open: bool) -> bool:
    """Does the phrase stand at the place in the folded text of a field?"""
    padded = f" {text} "
    ending = "" if is_open else " "
    if place is Place.ANYWHERE:
        return f" {phrase}{ending}" in padded
    if place is Place.BEGINNING:
        return padded.startswith(f" {phrase}{ending}")
    if place is Place.END:
        return padded.endswith(f" {phrase} ")
    return text == phrase
