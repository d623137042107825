"""Sorting: records in the order of their titles, authors and years.

The keys are those of ``sort_keys``: folded, so that case and diacritics make no difference; a title
without its first article where the record marks it; at most so many bytes
(`catalogue.index.sort_keys`). What is equal in all keys stays in the order of record ids, whichever
way it is sorted.

There are three ways, and the order is always that of the snapshot. A server that has *remembered*
the places of all records in the orders (`catalogue.searching.filing_ranks`) puts some of them in
order by these, and needs no keys but of what has changed since. The others need the rows of keys
alone. The index of the first key is *walked* in its order until enough of the records
have been met: with so many wanted of so many, that takes about ``wanted * all / records`` rows.
Or the records' keys are *fetched* and ordered by the database, which takes as long as so many rows
of an index for each record, and more for each that is wanted. The cheaper is taken; a walk that has
taken as long as fetching would is given up, as the records may all be at the end of the alphabet.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from pyroaring import BitMap
from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, scalar
from catalogue.query import Part, UnsupportedSearch
from catalogue.schema import sort_keys
from catalogue.searching.filing_ranks import first_of
from catalogue.searching.remembered_ranks import remembered_ranks
from catalogue.searching.sort_statements import COLUMNS, Rows, SortKey, in_order

__all__ = ["MOST_KEYS", "SortKey", "is_wide_sort", "sort"]

#: Sort keys of one order.
MOST_KEYS = 8
#: Keys of more records are never fetched: the database orders them in memory.
MOST_FETCHED = 250_000
#: The order of smaller libraries is not remembered.
SMALL = 10_000
#: More are not sorted while others wait.
FEW_RECORDS = 500
#: Rows of an index walked that take as long as one record fetched, and as one more that is wanted
#: of those fetched.
_ROWS_PER_RECORD = 6
_ROWS_PER_WANTED = 8
#: Rows of the first and the later statements of a walk.
_FIRST_ROWS, _MOST_ROWS = 128, 16_384


@scalar(int)
def _last_id() -> Statement:
    return select(func.max(sort_keys.c.record_id))


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
        if key.point not in COLUMNS:
            raise UnsupportedSearch(Part.ACCESS_POINT, key.point)
    if len(keys) > MOST_KEYS:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_KEYS} keys")
    wanted = len(records) if limit is None else min(offset + limit, len(records))
    return _sorted(transaction, records, tuple(keys), wanted)[offset:wanted]


def is_wide_sort(records: BitMap) -> bool:
    """Must the sort go to the wide read lane?"""
    return len(records) > FEW_RECORDS


def _sorted(
    transaction: Transaction, records: BitMap, keys: tuple[SortKey, ...], wanted: int
) -> list[int]:
    """At least the first `wanted` of the records in order."""
    if not keys or len(records) < 2 or not wanted:
        return list(records[:wanted])
    found = _by_ranks(transaction, records, keys, wanted)
    if found is None:
        found = _by_keys(transaction, records, keys, wanted)
    if len(found) < wanted:  # those without any row of keys
        found += records - BitMap(found)
    return found


def _by_ranks(
    transaction: Transaction, records: BitMap, keys: tuple[SortKey, ...], wanted: int
) -> list[int] | None:
    """By the places that the process remembers; None where these are of no use."""
    remembered = remembered_ranks(transaction)
    if remembered is None:
        return None
    ranks = [each for key in keys if (each := remembered.ranks.get(key.point)) is not None]
    if len(ranks) < len(keys):
        return None
    for key, each in zip(keys, ranks, strict=True):
        if each.is_worn:
            remembered.read(key.point)
    if not all(each.agree_with(transaction) for each in ranks):
        return None
    found, unknown = first_of(ranks, records, keys, wanted)
    return in_order(transaction, found + unknown, keys, wanted) if unknown else found


def _by_keys(
    transaction: Transaction, records: BitMap, keys: tuple[SortKey, ...], wanted: int
) -> list[int]:
    """By the rows of keys alone; without those that have none."""
    total = _last_id(transaction) or 0
    if total > SMALL and (remembered := remembered_ranks(transaction)) is not None:
        for key in keys:
            if key.point not in remembered.ranks:
                remembered.read(key.point)  # for those who come later
    walked = min(total, wanted * total // len(records))
    fetched = _ROWS_PER_RECORD * len(records) + _ROWS_PER_WANTED * wanted
    found: list[int] | None = None
    if len(records) > MOST_FETCHED:
        found = _walk(transaction, records, keys, wanted, walked, None)
    elif walked < fetched:
        found = _walk(transaction, records, keys, wanted, walked, fetched)
    if found is None:
        found = in_order(transaction, records.to_array().tolist(), keys, wanted)
    return found


def _walk(
    transaction: Transaction,
    records: BitMap,
    keys: tuple[SortKey, ...],
    wanted: int,
    likely: int,
    most_rows: int | None,
) -> list[int] | None:
    """By the index of the first key, of which `likely` rows will do.

    None where it takes more than `most_rows`.
    """
    key = keys[0]
    column = COLUMNS[key.point]
    rows = Rows(_FIRST_ROWS + likely, _MOST_ROWS)
    present = column.present(transaction, rows, key.descending)
    absent = column.absent(transaction, rows)
    found: list[int] = []
    #: Met and not in order yet: those that the other keys may put before them may follow.
    equal: list[int] = []
    walked = 0
    for batch in chain(absent, present) if key.missing_first else chain(present, absent):
        walked += len(batch.ids)
        equal += [number for number in batch.ids if number in records]
        if len(keys) == 1:
            found += equal
            equal = []
        elif batch.ends_value and equal:
            left = min(wanted - len(found), len(equal))
            if column.is_coarse:
                found += _sorted(transaction, BitMap(equal), keys[1:], left)
            else:
                found += in_order(transaction, equal, keys, left)
            equal = []
        if len(found) >= wanted:
            return found
        if most_rows is not None and walked > most_rows:
            return None
    return found
