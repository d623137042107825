"""Sorting: records in the order of their titles, authors and years.

The keys are those of ``sort_keys``: folded, so that case and diacritics make no difference; a title
without its first article where the record marks it; at most so many bytes (`catalogue.sort_keys`).
What is equal in all keys stays in the order of record ids, whichever way it is sorted.

Few records are fetched with their keys and sorted here; of those of a first page by one key, the
database gives the first only. For many, of which usually the first page is wanted, the index of the
first key is walked in its order until enough of them have been met; records equal in it are sorted
by the keys that follow in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Integer, bindparam, func, select, tuple_

from catalogue.query import Part, UnsupportedSearch
from catalogue.schema import sort_keys
from catalogue.statements import Transaction, key_parameters, many, many_of, scalar

#: Sort keys of one order.
MOST_KEYS = 8
#: More records are never fetched to be sorted here.
MOST_FETCHED = 50_000
#: More are not sorted while others wait.
FEW_RECORDS = 500
#: Rows of an index walked that cost as much as one record fetched and sorted. A walk that has gone
#: on for as long as fetching takes is given up: so neither is ever more than twice the better way.
_ROWS_PER_RECORD = 3
#: Records of a page that the database itself finds among those fetched.
_FIRST_PAGE = 64
#: Rows of the first and the later statements of a walk.
_FIRST_ROWS, _MOST_ROWS = 256, 8_192

_LAST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key: ``title``, ``author`` or ``year``. Records without it come last, or first."""

    point: str
    descending: bool = False
    missing_first: bool = False


def sort(
    transaction: Transaction,
    records: BitMap,
    keys: Sequence[SortKey],
    *,
    offset: int = 0,
    limit: int | None = None,
) -> list[int]:
    """The ids of `records` in order, without the first `offset` of them and at most `limit`.

    Raises UnsupportedSearch for a key that there is none of, or too many.
    """
    for key in keys:
        if key.point not in _COLUMNS:
            raise UnsupportedSearch(Part.ACCESS_POINT, key.point)
    if len(keys) > MOST_KEYS:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_KEYS} keys")
    wanted = len(records) if limit is None else min(offset + limit, len(records))
    return _sorted(transaction, records, tuple(keys), wanted)[offset:wanted]


def is_wide_sort(records: BitMap) -> bool:
    """Must the sort go to the wide read lane?"""
    return len(records) > FEW_RECORDS


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the keys: how rows of a record have it, and its index read in order."""

    at: int
    missing: bytes | int
    highest: bytes | int
    ascending: Callable[..., list[tuple[Any, int]]]
    descending: Callable[..., list[tuple[Any, int]]]
    without: Callable[..., list[tuple[Any, int]]]
    first_ascending: Callable[[Transaction, Sequence[int]], list[tuple[Any, int]]]
    first_descending: Callable[[Transaction, Sequence[int]], list[tuple[Any, int]]]


def _column(at: int, name: str, missing: bytes | int, highest: bytes | int) -> _Column:
    column, number = sort_keys.c[name], sort_keys.c.record_id
    here = tuple_(column, number)
    there = tuple_(bindparam("value", type_=column.type), bindparam("number", type_=number.type))
    rows = select(column, number).limit(bindparam("rows", type_=Integer))
    present = column > missing

    def first(order: Any) -> Callable[[Transaction, Sequence[int]], list[tuple[Any, int]]]:
        return many_of(
            lambda size: (
                select(column, number)
                .where(number.in_(key_parameters(size)), present)
                .order_by(order, number)
                .limit(_FIRST_PAGE)
            ),
            None,
        )

    return _Column(
        at,
        missing,
        highest,
        many(
            rows.where(here > there, present).order_by(column, number),
            None,
            "value",
            "number",
            "rows",
        ),
        many(
            rows.where(here < there, present).order_by(column.desc(), number.desc()),
            None,
            "value",
            "number",
            "rows",
        ),
        many(
            rows.where(column == missing, number > bindparam("number")).order_by(number),
            None,
            "number",
            "rows",
        ),
        first(column),
        first(column.desc()),
    )


_COLUMNS = {
    "title": _column(1, "title", b"", b"\xff"),
    "author": _column(2, "author", b"", b"\xff"),
    "year": _column(3, "year", 0, 2**15 - 1),
}

_keys_of: Callable[[Transaction, Sequence[int]], list[tuple[int, bytes, bytes, int]]] = many_of(
    lambda size: select(
        sort_keys.c.record_id, sort_keys.c.title, sort_keys.c.author, sort_keys.c.year
    ).where(sort_keys.c.record_id.in_(key_parameters(size))),
    None,
)
_last_id = scalar(select(func.max(sort_keys.c.record_id)))


def _sorted(
    transaction: Transaction, records: BitMap, keys: tuple[SortKey, ...], wanted: int
) -> list[int]:
    """At least the first `wanted` of the records in order."""
    if not keys or len(records) < 2 or not wanted:
        return list(records[:wanted])
    total = _last_id(transaction) or 0
    walked = min(total, wanted * total // len(records))
    found: list[int] | None = None
    if len(records) > MOST_FETCHED:
        found = _walk(transaction, records, keys, wanted, total)
    elif walked < _ROWS_PER_RECORD * len(records):
        # Records may all be at the end of the alphabet: then walking on is the dearer way.
        found = _walk(transaction, records, keys, wanted, _ROWS_PER_RECORD * len(records))
    if found is None and len(keys) == 1 and not keys[0].missing_first and wanted <= _FIRST_PAGE:
        found = _first_page(transaction, records, keys[0], wanted)
    if found is None:
        found = _fetch_and_sort(transaction, records, keys)
    if len(found) < wanted:  # those without any row of keys
        found += records - BitMap(found)
    return found


def _first_page(
    transaction: Transaction, records: BitMap, key: SortKey, wanted: int
) -> list[int] | None:
    """The first of the records by one key; None where fewer have a value than are wanted."""
    column = _COLUMNS[key.point]
    read = column.first_descending if key.descending else column.first_ascending
    rows = read(transaction, records.to_array().tolist())
    if len(rows) < wanted:
        return None
    rows.sort(key=itemgetter(1))
    rows.sort(key=itemgetter(0), reverse=key.descending)
    return [number for _, number in rows[:wanted]]


def _fetch_and_sort(
    transaction: Transaction, records: BitMap, keys: tuple[SortKey, ...]
) -> list[int]:
    rows = _keys_of(transaction, records.to_array().tolist())
    rows.sort()  # by record id
    for key in reversed(keys):
        column = _COLUMNS[key.point]
        value = itemgetter(column.at)
        there = [row for row in rows if value(row) != column.missing]
        missing = [row for row in rows if value(row) == column.missing]
        there.sort(key=value, reverse=key.descending)
        rows = missing + there if key.missing_first else there + missing
    return [row[0] for row in rows]


def _walk(
    transaction: Transaction,
    records: BitMap,
    keys: tuple[SortKey, ...],
    wanted: int,
    most_rows: int,
) -> list[int] | None:
    """By the index of the first key; None where it takes more rows than `most_rows`."""
    key = keys[0]
    column = _COLUMNS[key.point]
    parts = [_present(transaction, column, key.descending), _missing(transaction, column)]
    if key.missing_first:
        parts.reverse()
    found: list[int] = []
    walked = 0
    for part in parts:
        for _, group in groupby(part, key=itemgetter(0)):
            rows = list(group)
            walked += len(rows)
            equal = [number for _, number in rows if number in records]
            if len(equal) > 1 and len(keys) > 1:
                left = min(wanted - len(found), len(equal))
                equal = _sorted(transaction, BitMap(equal), keys[1:], left)
            elif key.descending:
                equal.sort()
            found += equal
            if len(found) >= wanted:
                return found
            if walked > most_rows:
                return None
    return found


def _present(
    transaction: Transaction, column: _Column, is_descending: bool
) -> Iterator[tuple[Any, int]]:
    """The rows that have a value, in the order of values."""
    read = column.descending if is_descending else column.ascending
    last = (column.highest, 0) if is_descending else (column.missing, _LAST_ID)
    at_once = _FIRST_ROWS
    while rows := read(transaction, *last, at_once):
        yield from rows
        last = rows[-1]
        at_once = min(2 * at_once, _MOST_ROWS)


def _missing(transaction: Transaction, column: _Column) -> Iterator[tuple[Any, int]]:
    last = 0
    while rows := column.without(transaction, last, _MOST_ROWS):
        yield from rows
        last = rows[-1][1]
