"""What `catalogue.searching.sorting` asks of the database: ids in the order of a key, or put in it.

Many ids come as one text. A row for each takes much longer, and between rows the driver lets go of
the interpreter, so that on a busy server it waits each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Integer, Select, String, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from catalogue.database import Statement, Transaction, scalar, scalar_one
from catalogue.schema import sort_keys

_id = sort_keys.c.record_id


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key: ``title``, ``author`` or ``year``. Records without it come last, or first."""

    point: str
    descending: bool = False
    missing_first: bool = False


class Rows:
    """How many rows are read at once: few at first, since they may suffice, then more and more."""

    def __init__(self, first: int, most: int) -> None:
        self._next, self._most = min(first, most), most

    def next(self) -> int:
        given = self._next
        self._next = min(2 * given, self._most)
        return given


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids in the order of a key, and whether what follows has another value than the last."""

    ids: list[int]
    ends_value: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the keys.

    In a coarse one many records have the same value, so its values are taken one by one: a batch
    that ends a value, and those before it since the last such, are of one value.
    """

    column: ColumnElement[Any]
    missing: bytes | int
    is_coarse: bool
    having: _Having
    #: ``(transaction, rows, descending)``: all records that have a value, in order; those of the
    #: same value by their ids.
    present: Callable[[Transaction, Rows, bool], Iterator[Batch]]

    def absent(self, transaction: Transaction, rows: Rows) -> Iterator[Batch]:
        """The records without a value, by their ids."""
        return _of_value(transaction, self.having, self.missing, rows)


def _of_value(
    transaction: Transaction,
    having: _Having,
    value: Any,
    rows: Rows,
    behind: int = 0,
) -> Iterator[Batch]:
    """The records of one value with ids above `behind`."""
    is_over = False
    while not is_over:
        at_once = rows.next()
        ids = ids_of(having(transaction, value=value, behind=behind, rows=at_once))
        is_over = len(ids) < at_once
        yield Batch(ids, is_over)
        behind = ids[-1] if ids else behind


def ids_of(text: str | None) -> list[int]:
    """The ids of a text that `joined` gave."""
    found: list[int] = json.loads(f"[{text}]") if text else []
    return found


class _Having(Protocol):
    def __call__(
        self, transaction: Transaction, /, *, value: Any, behind: int, rows: int
    ) -> str | None: ...


class _Ordered(Protocol):
    def __call__(self, transaction: Transaction, /, *, ids: Any, rows: int) -> str | None: ...


class _JoinedIds(FunctionElement[str]):
    """An aggregate: the numbers of a column, in the order they come in, with commas."""

    name = "joined_ids"
    type = String()
    inherit_cache = True


@compiles(_JoinedIds, "sqlite")
def _in_sqlite(element: _JoinedIds, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)})"


@compiles(_JoinedIds, "postgresql")
def _in_postgresql(element: _JoinedIds, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg(CAST({compiler.process(element.clauses, **options)} AS text), ',')"


def joined(ids: Select[Any]) -> Select[Any]:
    """The ids that a select gives, in its order, as one text."""
    return select(_JoinedIds(ids.subquery().c.record_id))


def _having(column: ColumnElement[Any]) -> _Having:
    @scalar(str)
    def having(*, value: Any, behind: int, rows: int) -> Statement:
        chosen = select(_id).where(column == value, _id > behind)
        return joined(chosen.order_by(_id).limit(rows))

    return having


def _text_column(name: str) -> Column:
    """A column in which few records have the same value: rows of many values are read at once."""
    column = sort_keys.c[name]

    # One bound each. Of two lower ones SQLite may take the lower, and walk to the other. A range
    # PostgreSQL believes to be short as long as it has not counted the rows, and sorts all of it.
    @scalar(str)
    def read_above(*, value: bytes, rows: int) -> Statement:
        above = select(_id).where(column > value).order_by(column, _id)
        return joined(above.limit(rows))

    @scalar(str)
    def read_below(*, value: bytes, rows: int) -> Statement:
        below = select(_id).where(column < value, func.length(column) > 0)
        return joined(below.order_by(column.desc(), _id).limit(rows))

    @scalar_one(bytes)
    def value_of(*, record_id: int) -> Statement:
        return select(column).where(_id == record_id)

    having = _having(column)

    def present(transaction: Transaction, at_once: Rows, descending: bool) -> Iterator[Batch]:
        read, last = (read_below, b"\xff") if descending else (read_above, b"")
        while ids := ids_of(read(transaction, value=last, rows=at_once.next())):
            yield Batch(ids, ends_value=False)
            last = value_of(transaction, record_id=ids[-1])
            yield from _of_value(transaction, having, last, at_once, ids[-1])

    return Column(column, b"", False, having, present)


def _number_column(name: str) -> Column:
    """A column in which many records have the same value: it is read value by value.

    Rows of many values in falling order would make the database sort all of the first of them by
    their ids, where some are wanted.
    """
    column = sort_keys.c[name]

    @scalar(int)
    def above(*, value: int) -> Statement:
        return select(func.min(column)).where(column > value)

    @scalar(int)
    def below(*, value: int) -> Statement:
        return select(func.max(column)).where(column < value, column > 0)

    having = _having(column)

    def present(transaction: Transaction, at_once: Rows, descending: bool) -> Iterator[Batch]:
        read, start = (below, 2**15 - 1) if descending else (above, 0)
        value = read(transaction, value=start)
        while value is not None:
            yield from _of_value(transaction, having, value, at_once)
            value = read(transaction, value=value)

    return Column(column, 0, True, having, present)


COLUMNS = {
    "title": _text_column("title"),
    "author": _text_column("author"),
    "year": _number_column("year"),
}


@lru_cache(maxsize=256)
def _ordered(keys: Sequence[SortKey], dialect: str) -> _Ordered:
    order: list[ColumnElement[Any]] = []
    for key in keys:
        column = COLUMNS[key.point].column
        is_missing = column == COLUMNS[key.point].missing
        order += [
            is_missing.desc() if key.missing_first else is_missing,
            column.desc() if key.descending else column,
        ]

    @scalar(str)
    def ordered(*, ids: Any, rows: int) -> Statement:
        if dialect == "sqlite":
            given = func.json_each(type_coerce(ids, String)).table_valued("value")
            among: ColumnElement[bool] = _id.in_(select(given.c.value))
        else:
            among = _id == func.any(type_coerce(ids, ARRAY(Integer)))
        return joined(select(_id).where(among).order_by(*order, _id).limit(rows))

    return ordered


def in_order(
    transaction: Transaction, ids: Sequence[int], keys: tuple[SortKey, ...], wanted: int
) -> list[int]:
    """The first of the records by all keys, as the database itself orders them.

    Those without a row of keys are left out.
    """
    given = json.dumps(ids) if transaction.dialect == "sqlite" else ids
    return ids_of(_ordered(keys, transaction.dialect)(transaction, ids=given, rows=wanted))
