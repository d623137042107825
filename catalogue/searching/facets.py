"""Facets: the commonest values of an access point among the records found, with exact counts.

* Years, languages and other codes: the few terms of the index, each intersected with the records.
* Headings (authors, subjects, and all points with whole fields). Of few records the fields are
  read. For many the terms of the index are taken by their number of records in the whole
  catalogue, most first: once the best `limit` intersections have no fewer records than the next
  term has altogether, no term that follows can be better.

A heading is listed as it stands in the records. The index also holds parts and other readings of
headings (a name without its dates, ``arhus`` for Århus): a term is listed if one of the first
`LOOKED_AT` records that have it has it as a whole heading in its main reading. Headings too long
for the index (`folding.cut_phrase`) are not listed.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import func, select

from catalogue.bitmaps import deserialise
from catalogue.database import Statement, Transaction, columns, many
from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.index.field_texts import field_texts, shown_text, whole_texts_of
from catalogue.index.folding import fold_phrase, phrase_key
from catalogue.query import Completeness, Part, Structure, Term, UnsupportedSearch
from catalogue.records import Record, fetch_records
from catalogue.schema import postings
from catalogue.searching.lookups import read_terms

#: Values of one facet.
MOST_VALUES = 200
#: The most records whose fields are read at once, and the most if there is no other way.
FEW_RECORDS, MOST_RECORDS = 1_000, 50_000
#: Terms of the index that are intersected before the fields are read instead.
_FIRST_TERMS, _MOST_TERMS = 1_000, 30_000
#: Rows of an index of codes.
_MOST_CODES = 50_000
#: The most records in which a whole heading is looked for.
LOOKED_AT = 10
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Facet:
    """One value: its text for people, how many of the records have it, and the search for it.

    ``And(the search that found the records, facet.search)`` finds exactly `hits` records.
    """

    text: str
    hits: int
    search: Term


@many(tuple[bytes, bytes])
def _codes(*, access_point: int) -> Statement:
    return (
        select(postings.c.term, postings.c.bitmap)
        .where(postings.c.access_point == access_point, postings.c.term > PRESENT)
        .order_by(postings.c.term)
        .limit(_MOST_CODES + 1)
    )


_total = func.sum(postings.c.count)


class _CountedTerm(NamedTuple):
    term: bytes
    total: int


@many(_CountedTerm)
def _commonest(*, access_point: int, rows: int) -> Statement:
    return (
        select(*columns(_CountedTerm, postings, total=_total))
        .where(postings.c.access_point == access_point, postings.c.term > PRESENT)
        .group_by(postings.c.term)
        .order_by(_total.desc(), postings.c.term)
        .limit(rows)
    )


def facets(transaction: Transaction, records: BitMap, point: str, limit: int = 10) -> list[Facet]:
    """The `limit` commonest values of the access point, most records first, then by term.

    A wide read. Raises UnsupportedSearch for a point without such values, for more than
    `MOST_VALUES`, and where too many terms would have to be looked at.
    """
    found = ACCESS_POINTS.get(point)
    if found is None or not found.kinds:
        raise UnsupportedSearch(Part.ACCESS_POINT, point)
    if limit > MOST_VALUES:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_VALUES} values")
    if limit < 1 or not records:
        return []
    if found.kinds[0] in (Kind.CODE, Kind.YEAR):
        return _of_codes(transaction, records, point, limit)
    if Kind.FIELD not in found.kinds:
        raise UnsupportedSearch(Part.ACCESS_POINT, point)
    if len(records) <= FEW_RECORDS:
        return _of_texts(transaction, records, point, limit)
    return _of_headings(transaction, records, point, limit)


def _of_codes(transaction: Transaction, records: BitMap, point: str, limit: int) -> list[Facet]:
    access_point = ACCESS_POINTS[point]
    rows = _codes(transaction, access_point=access_point.presence_index)
    if len(rows) > _MOST_CODES:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {_MOST_CODES} terms")
    counted = []
    for term, chunks in groupby(rows, key=itemgetter(0)):
        hits = sum(records.intersection_cardinality(deserialise(bitmap)) for _, bitmap in chunks)
        if hits:
            counted.append((-hits, term))
    counted.sort()
    return [
        Facet(term.decode(), -hits, Term(point, term.decode())) for hits, term in counted[:limit]
    ]


def _of_texts(transaction: Transaction, records: BitMap, point: str, limit: int) -> list[Facet]:
    """By the fields of all the records."""
    hits: dict[bytes, int] = {}
    texts: dict[bytes, str] = {}
    for record in _each(transaction, iter(records)):
        headings = _headings(record, point)
        for key in _keys(record, point):
            seen = hits[key] = hits.get(key, 0) + 1
            if seen <= LOOKED_AT and key not in texts and key in headings:
                texts[key] = headings[key]
    best = sorted((-hits[key], key) for key in texts)[:limit]
    return [_heading(point, key, texts[key], -count) for count, key in best]


def _of_headings(transaction: Transaction, records: BitMap, point: str, limit: int) -> list[Facet]:
    """By the terms of the index, or by the fields where too many terms would be needed."""
    index = ACCESS_POINTS[point].index(Kind.FIELD)
    for rows in (_FIRST_TERMS, _MOST_TERMS):
        terms = _commonest(transaction, access_point=index, rows=rows)
        found = _best_of(transaction, records, point, terms, limit, is_all=len(terms) < rows)
        if found is not None:
            return found
    if len(records) > MOST_RECORDS:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {_MOST_TERMS} terms")
    return _of_texts(transaction, records, point, limit)


def _best_of(
    transaction: Transaction,
    records: BitMap,
    point: str,
    terms: Sequence[_CountedTerm],
    limit: int,
    *,
    is_all: bool,
) -> list[Facet] | None:
    """The best of all terms, if these, which have the most records, are enough to tell."""
    index = ACCESS_POINTS[point].index(Kind.FIELD)
    best: list[tuple[int, bytes, str]] = []
    for start in range(0, len(terms), _AT_ONCE):
        part = terms[start : start + _AT_ONCE]
        if len(best) == limit and -best[-1][0] > part[0].total:
            break
        wanted = {(index, counted.term): BitMap() for counted in part}
        read_terms(transaction, wanted)
        counted = sorted(
            (-records.intersection_cardinality(having), term)
            for (_, term), having in wanted.items()
        )
        for hits, term in counted:
            if not hits or (len(best) == limit and (hits, term) > best[-1][:2]):
                break
            text = _text_of(transaction, wanted[index, term] & records, point, term)
            if text is not None:
                insort(best, (hits, term, text))
                del best[limit:]
    else:
        if not is_all and (len(best) < limit or -best[-1][0] <= terms[-1].total):
            return None
    return [_heading(point, term, text, -hits) for hits, term, text in best]


def _text_of(transaction: Transaction, records: BitMap, point: str, term: bytes) -> str | None:
    """The heading as one of the first records has it."""
    first = list(islice(records, LOOKED_AT))
    for ids in (first[:1], first[1:]):
        for record in fetch_records(transaction, ids):
            text = _headings(record, point).get(term)
            if text is not None:
                return text
    return None


def _each(transaction: Transaction, ids: Iterator[int]) -> Iterator[Record]:
    while part := list(islice(ids, _AT_ONCE)):
        yield from fetch_records(transaction, part)


def _headings(record: Record, point: str) -> dict[bytes, str]:
    """The whole headings of a record, by their terms."""
    found: dict[bytes, str] = {}
    for field in field_texts(record.format, record.data, point):
        text = field.text[field.not_filed :]
        phrase = fold_phrase(text)
        key = phrase_key(phrase)
        if key and key == phrase.encode():
            found.setdefault(key, shown_text(text))
    return found


def _keys(record: Record, point: str) -> set[bytes]:
    """The terms that a record has in the index of whole fields."""
    return {
        phrase_key(text)
        for readings in whole_texts_of(record.format, record.data, point)
        for text in readings
    }


def _heading(point: str, term: bytes, text: str, hits: int) -> Facet:
    search = Term(
        point,
        term.decode(),
        structure=Structure.PHRASE,
        completeness=Completeness.COMPLETE_FIELD,
    )
    return Facet(text, hits, search)
