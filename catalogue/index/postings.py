"""Writing the index: the postings of new records joined to those already there.

Whoever writes here holds `allot_ids`, so no two writers read and write a bitmap at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Any

from sqlalchemy import (
    ARRAY,
    Integer,
    LargeBinary,
    SmallInteger,
    func,
    literal,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from catalogue.bitmaps import MERGE_BITMAPS, merge
from catalogue.database import Statement, Transaction, many, scalar, send, send_many, taking
from catalogue.index.collecting import Columns
from catalogue.schema import postings

#: Rows of one statement on PostgreSQL.
ROWS_AT_ONCE = 5_000
#: With as many rows of one index it is a load, whose statements are planned each time anew.
MANY_ROWS = 500

#: A row as SQLite's driver takes it.
Row = tuple[int, bytearray, int, int, bytearray]
#: Rows of one statement on SQLite, of work that is alone in its transaction.
TOGETHER = 32


def _merging(rows: int) -> Callable[[Transaction, Iterable[Sequence[Any]]], None]:
    """A statement for so many rows, whose values are given one after the other."""
    names = [
        {column.name: f"{column.name}_{row}" for column in postings.columns} for row in range(rows)
    ]

    @send_many
    @taking(*chain.from_iterable(row.values() for row in names))
    def merge_rows(**given: Any) -> Statement:
        insert = sqlite.insert(postings).values(
            [{column: given[name] for column, name in row.items()} for row in names]
        )
        return insert.on_conflict_do_update(
            index_elements=[postings.c.access_point, postings.c.term, postings.c.chunk],
            set_={
                "count": postings.c.count + insert.excluded.count,
                "bitmap": getattr(func, MERGE_BITMAPS)(postings.c.bitmap, insert.excluded.bitmap),
            },
        )

    return merge_rows


_merge_row = _merging(1)
_merge_rows = _merging(TOGETHER)


def _array(values: Sequence[Any], kind: type[TypeEngine[Any]]) -> Any:
    return type_coerce(values, ARRAY(kind))


@many(tuple[bytes, bytes])
def _read_rows(*, access_point: int, chunk: int, terms: Sequence[bytes]) -> Statement:
    # Each term is looked up by its whole key, once: whatever the planner thinks of the table, whose
    # rows may be as new as this transaction, it has nothing better for that than the key.
    given = func.unnest(_array(terms, LargeBinary)).table_valued("term").render_derived()
    row = (
        select(postings.c.term, postings.c.bitmap)
        .where(
            postings.c.access_point == access_point,
            postings.c.term == given.c.term,
            postings.c.chunk == chunk,
        )
        .offset(0)  # keeps the planner from making a join of it
        .lateral()
    )
    return select(row.c.term, row.c.bitmap).select_from(given.join(row, true()))


@scalar(int)
def _is_used(*, access_point: int) -> Statement:
    return select(literal(1)).where(postings.c.access_point == access_point).limit(1)


# A plan that was made while the table was empty would read all of it for each term.
@send
def _plan_anew() -> Statement:
    return text("SET LOCAL plan_cache_mode = force_custom_plan")


@send
def _write_rows(
    *,
    access_point: int,
    chunk: int,
    terms: Sequence[bytes],
    counts: Sequence[int],
    bitmaps: Sequence[bytes],
) -> Statement:
    arrays = _array(terms, LargeBinary), _array(counts, Integer), _array(bitmaps, LargeBinary)
    given = func.unnest(*arrays).table_valued("term", "count", "bitmap").render_derived()
    key = type_coerce(access_point, SmallInteger), given.c.term, type_coerce(chunk, Integer)
    insert = postgresql.insert(postings)
    return insert.from_select(
        ["access_point", "term", "chunk", "count", "bitmap"],
        select(*key, given.c.count, given.c.bitmap),
    ).on_conflict_do_update(
        index_elements=[postings.c.access_point, postings.c.term, postings.c.chunk],
        set_={
            "count": postings.c.count + insert.excluded.count,
            "bitmap": insert.excluded.bitmap,
        },
    )


def add_postings(transaction: Transaction, columns: Iterable[Columns]) -> None:
    """Adds postings of records that the index does not hold yet."""
    if transaction.dialect == "sqlite":
        rows = _rows(columns)
        if transaction.is_alone:
            # Within a savepoint such a statement would keep a copy of every page that it changes
            # until the end of the job, in case it fails half-way.
            rest: list[Row] = []
            _merge_rows(transaction, _together(rows, rest))
            rows = iter(rest)
        _merge_row(transaction, rows)
        return
    are_planned_anew = False
    is_used: dict[int, bool] = {}  # before this: what is written here is of other rows
    for index, chunk, terms, counts, bitmaps in columns:
        if index not in is_used:
            is_used[index] = _is_used(transaction, access_point=index) is not None
        if len(terms) >= MANY_ROWS and not are_planned_anew:
            _plan_anew(transaction)
            are_planned_anew = True
        for start in range(0, len(terms), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            wanted, added = terms[part], bitmaps[part]
            before = (
                dict(_read_rows(transaction, access_point=index, chunk=chunk, terms=wanted))
                if is_used[index]
                else {}
            )
            if before:
                added = [
                    merge(before[term], bitmap) if term in before else bitmap
                    for term, bitmap in zip(wanted, added, strict=True)
                ]
            _write_rows(
                transaction,
                access_point=index,
                chunk=chunk,
                terms=wanted,
                counts=counts[part],
                bitmaps=added,
            )


def _together(rows: Iterator[Row], rest: list[Row]) -> Iterator[tuple[Any, ...]]:
    """The values of as many rows as one statement takes, again and again; then `rest` has those
    that are left."""
    while len(part := list(islice(rows, TOGETHER))) == TOGETHER:
        yield tuple(chain.from_iterable(part))
    rest += part


def _rows(columns: Iterable[Columns]) -> Iterator[Row]:
    # Of bytes, but not of a bytearray, the driver first asks whether they have an adapter.
    return chain.from_iterable(
        zip(
            repeat(index),
            map(bytearray, terms),
            repeat(chunk),
            counts,
            map(bytearray, bitmaps),
            strict=False,
        )
        for index, chunk, terms, counts, bitmaps in columns
    )
