"""Records that no longer exist: where an old id leads.

A record leaves the catalogue by being merged into another, its survivor, or by being deleted. Its
id stays its own for ever, so a link, a result set or a request that still has it is led to the
survivor, over however many merges, or told that the record is gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import Statement, Transaction, columns, one, scalar, scalars, send
from catalogue.records import Record, fetch_records
from catalogue.schema import former_records, records


class NoSuchRecord(LookupError):
    """There is no record with this id (any more)."""

    def __init__(self, record_id: int) -> None:
        super().__init__(f"there is no record {record_id}")
        self.record_id = record_id


class FormerRecord(NamedTuple):
    """A record that no longer exists; `survivor_id` is None where it was deleted."""

    id: int
    survivor_id: int | None
    control_number: str | None
    gone: datetime


@one(FormerRecord)
def former_record(*, record_id: int) -> Statement:
    """What became of the record, if it no longer exists."""
    return select(*columns(FormerRecord, former_records)).where(former_records.c.id == record_id)


@scalars(int)
def _survivors_of_control_number(*, control_number: str) -> Statement:
    return (
        select(former_records.c.survivor_id)
        .distinct()
        .where(
            former_records.c.control_number == control_number,
            former_records.c.survivor_id.is_not(None),
        )
        .order_by(former_records.c.survivor_id)
    )


@scalar(int)
def _exists(*, number: int) -> Statement:
    return select(records.c.id).where(records.c.id == number)


@send
def _insert(
    *, record_id: int, survivor_id: int | None, control_number: str | None, gone: datetime
) -> Statement:
    kept = {"survivor_id": survivor_id, "control_number": control_number, "gone": gone}
    return insert(former_records).values(id=record_id, **kept)


@send
def _lead_on(*, number: int, survivor: int | None) -> Statement:
    led_here = former_records.c.survivor_id == number
    return update(former_records).where(led_here).values(survivor_id=survivor)


def present_id(transaction: Transaction, record_id: int) -> int | None:
    """The id itself while there is such a record, else that of its survivor; None for neither."""
    if _exists(transaction, number=record_id) is not None:
        return record_id
    former = former_record(transaction, record_id=record_id)
    return former.survivor_id if former is not None else None


def survivors_of_control_number(transaction: Transaction, control_number: str) -> list[Record]:
    """The records into which records with this control number were merged, oldest first."""
    found = _survivors_of_control_number(transaction, control_number=control_number)
    return fetch_records(transaction, found)


def note_gone(
    transaction: Transaction,
    record: Record,
    now: datetime,
    survivor_id: int | None = None,
) -> None:
    """Notes that the record is gone; ids that led to it lead on to its survivor.

    To be called before its row is deleted.
    """
    _lead_on(transaction, number=record.id, survivor=survivor_id)
    _insert(
        transaction,
        record_id=record.id,
        survivor_id=survivor_id,
        control_number=record.control_number,
        gone=now,
    )
