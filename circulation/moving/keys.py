"""Which rows of ours stand for which of the other system, and how many a delivery had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, delete, func, insert, literal_column, select, text, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    many_of,
    scalar,
    scalars,
    scalars_of,
    send,
    send_many,
)
from circulation.moving.schema import moved_deliveries, moved_rows

#: Rows looked at in one step of going through all.
STEP: Final = 2_000


class Moved(NamedTuple):
    """A row of the other system, and ours that stands for it."""

    key: str
    row_id: int
    checksum: int
    gone: datetime | None


class MovedRow(NamedTuple):
    """The same, as it is written."""

    source: str
    kind: str
    key: str
    row_id: int
    checksum: int


@many_of(Moved)
def moved(*, keys: Sequence[str], source: str, kind: str) -> Statement:
    its = moved_rows.c
    return select(*columns(Moved, moved_rows)).where(
        its.source == source, its.kind == kind, its.key.in_(keys)
    )


@many(Moved)
def moved_after(*, source: str, kind: str, after: str) -> Statement:
    """Those that are not gone, in the order of their keys."""
    its = moved_rows.c
    return (
        select(*columns(Moved, moved_rows))
        .where(its.source == source, its.kind == kind, its.key > after, its.gone.is_(None))
        .order_by(its.key)
        .limit(STEP)
    )


@send_many
def insert_moved(record: MovedRow) -> Statement:
    return insert(moved_rows).values(record._asdict())


@send_many
def update_moved(record: MovedRow) -> Statement:
    """What was read of a row now; it is there again, if it was gone."""
    its = moved_rows.c
    return (
        update(moved_rows)
        .where(its.source == record.source, its.kind == record.kind, its.key == record.key)
        .values(row_id=record.row_id, checksum=record.checksum, gone=None)
    )


@send_many
def _forget_row(record: MovedRow) -> Statement:
    its = moved_rows.c
    return delete(moved_rows).where(
        its.source == record.source, its.kind == record.kind, its.key == record.key
    )


def remember(transaction: Transaction, rows: Sequence[MovedRow]) -> None:
    """What else of ours stands for rows of the other system, in place of what did so before; its
    kind is that of the row and a word: ``members.group``."""
    _forget_row(transaction, rows)
    insert_moved(transaction, [row for row in rows if row.row_id])


class _Known(NamedTuple):
    source: str
    key: str


@many(_Known)
def known_under(*, kind: str, row_id: int) -> Statement:
    """The rows of any system that ours stands for now."""
    its = moved_rows.c
    return select(*columns(_Known, moved_rows)).where(
        its.kind == kind, its.row_id == row_id, its.gone.is_(None)
    )


@scalars_of(int)
def stood_for(*, row_ids: Sequence[int], kind: str) -> Statement:
    """Those rows of ours that stand for rows of another system now."""
    its = moved_rows.c
    return select(its.row_id).where(its.row_id.in_(row_ids), its.kind == kind, its.gone.is_(None))


class GoneRow(NamedTuple):
    """A row that the other system does not have any more."""

    source: str
    kind: str
    key: str
    gone: datetime | None


@send_many
def mark_gone(record: GoneRow) -> Statement:
    its = moved_rows.c
    return (
        update(moved_rows)
        .where(its.source == record.source, its.kind == record.kind, its.key == record.key)
        .values(gone=record.gone)
    )


@scalar(int)
def rows_before(*, source: str, kind: str) -> Statement:
    """How many rows the last whole delivery had."""
    its = moved_deliveries.c
    return select(its.rows).where(its.source == source, its.kind == kind)


#: What PostgreSQL plans by; by itself it counts the rows of a table some time after it has grown,
#: and until then it finds nothing in it by an index. What it says of tables that are not ours to
#: count is waited for, so that it is not taken for a word about the commit.
@change
def _count_rows() -> Statement:
    return text(
        "ANALYZE moved_rows, patrons, patron_identifiers, items, loans, former_use, holds, charges,"
        " patron_balances, silent_rows"
    )


def count_rows(transaction: Transaction) -> None:
    """Has the database count its rows anew: many have come."""
    if transaction.dialect == "postgresql":
        _count_rows(transaction)


class _Delivered(NamedTuple):
    kind: str
    rows: int


@many(_Delivered)
def _delivered(*, source: str) -> Statement:
    its = moved_deliveries
    return select(*columns(_Delivered, its)).where(its.c.source == source)


def homes_before(transaction: Transaction, source: str, kind: str) -> dict[str, int]:
    """How many rows of each home branch, by ISIL, the last whole delivery had."""
    begins = f"{kind} "
    return {
        each.kind.removeprefix(begins): each.rows
        for each in _delivered(transaction, source=source)
        if each.kind.startswith(begins)
    }


@send
def _forget_delivery(*, source: str, kind: str) -> Statement:
    its = moved_deliveries.c
    return delete(moved_deliveries).where(its.source == source, its.kind == kind)


@send
def _insert_delivery(*, source: str, kind: str, rows: int, at: datetime) -> Statement:
    return insert(moved_deliveries).values(locals())


def note_delivery(
    transaction: Transaction,
    source: str,
    kind: str,
    rows: int,
    now: datetime,
    homes: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """The delivery was read to its end; `homes` are its rows by the ISIL of the home branch."""
    there = homes_before(transaction, source, kind)
    for home in there:
        _forget_delivery(transaction, source=source, kind=f"{kind} {home}")
    _forget_delivery(transaction, source=source, kind=kind)
    _insert_delivery(transaction, source=source, kind=kind, rows=rows, at=now)
    for home, number in homes.items():
        told = f"{kind} {home}"
        _insert_delivery(transaction, source=source, kind=told, rows=number, at=now)


@scalars(int)
def _drawn(*, table: str, number: int) -> Statement:
    series = func.generate_series(literal_column("1"), number).table_valued()
    return select(func.nextval(func.pg_get_serial_sequence(table, "id"))).select_from(series)


@cache
def _highest(table: Table) -> Any:
    @scalar(int)
    def highest() -> Statement:
        return select(func.max(table.c.id))

    return highest


def new_ids(transaction: Transaction, table: Table, number: int) -> list[int]:
    """So many ids of rows that the database numbers by itself, which nobody else is given."""
    if not number:
        return []
    if transaction.dialect == "postgresql":
        return _drawn(transaction, table=table.name, number=number)
    first = (_highest(table)(transaction) or 0) + 1
    return list(range(first, first + number))
