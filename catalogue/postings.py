"""Writing the index: the postings of new records joined to those already there.

Whoever writes here holds `allot_ids`, so no two writers read and write a bitmap at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from typing import Any

from sqlalchemy import ARRAY, Integer, LargeBinary, SmallInteger, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from catalogue.bitmaps import MERGE_BITMAPS, merge
from catalogue.collecting import Columns
from catalogue.schema import postings
from catalogue.statements import Transaction, many, send, send_many

#: Rows of one statement on PostgreSQL.
ROWS_AT_ONCE = 5_000

_sqlite_insert = sqlite.insert(postings)
_merge_row = send_many(
    _sqlite_insert.values(
        access_point=bindparam("access_point"),
        term=bindparam("term"),
        chunk=bindparam("chunk"),
        count=bindparam("count"),
        bitmap=bindparam("bitmap"),
    ).on_conflict_do_update(
        index_elements=[postings.c.access_point, postings.c.term, postings.c.chunk],
        set_={
            "count": postings.c.count + _sqlite_insert.excluded.count,
            "bitmap": getattr(func, MERGE_BITMAPS)(
                postings.c.bitmap, _sqlite_insert.excluded.bitmap
            ),
        },
    ),
    "access_point",
    "term",
    "chunk",
    "count",
    "bitmap",
)


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_read_rows: Callable[..., list[tuple[bytes, bytes]]] = many(
    select(postings.c.term, postings.c.bitmap).where(
        postings.c.access_point == bindparam("access_point"),
        # An array in the condition, not a join: nothing for the planner to be mistaken about.
        postings.c.term == func.any(_array("terms", LargeBinary)),
        postings.c.chunk == bindparam("chunk"),
    ),
    None,
    "access_point",
    "chunk",
    "terms",
)

_given = (
    func.unnest(
        _array("terms", LargeBinary), _array("counts", Integer), _array("bitmaps", LargeBinary)
    )
    .table_valued("term", "count", "bitmap")
    .render_derived()
)
_postgresql_insert = postgresql.insert(postings)
_write_rows = send(
    _postgresql_insert.from_select(
        ["access_point", "term", "chunk", "count", "bitmap"],
        select(
            bindparam("access_point", type_=SmallInteger),
            _given.c.term,
            bindparam("chunk", type_=Integer),
            _given.c.count,
            _given.c.bitmap,
        ),
    ).on_conflict_do_update(
        index_elements=[postings.c.access_point, postings.c.term, postings.c.chunk],
        set_={
            "count": postings.c.count + _postgresql_insert.excluded.count,
            "bitmap": _postgresql_insert.excluded.bitmap,
        },
    ),
    "access_point",
    "chunk",
    "terms",
    "counts",
    "bitmaps",
)


def add_postings(transaction: Transaction, columns: Iterable[Columns]) -> None:
    """Adds postings of records that the index does not hold yet."""
    if transaction.dialect == "sqlite":
        _merge_row(transaction, _rows(columns))
        return
    for index, chunk, terms, counts, bitmaps in columns:
        for start in range(0, len(terms), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            wanted, added = terms[part], bitmaps[part]
            before = dict(_read_rows(transaction, index, chunk, wanted))
            if before:
                added = [
                    merge(before[term], bitmap) if term in before else bitmap
                    for term, bitmap in zip(wanted, added, strict=True)
                ]
            _write_rows(transaction, index, chunk, wanted, counts[part], added)


def _rows(columns: Iterable[Columns]) -> Iterator[tuple[int, bytes, int, int, bytes]]:
    return chain.from_iterable(
        zip(repeat(index), terms, repeat(chunk), counts, bitmaps, strict=False)
        for index, chunk, terms, counts, bitmaps in columns
    )
