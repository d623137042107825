"""Taking records out of the catalogue, whole: text, index, sort keys, visibility."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from catalogue.changes.accession import lock_writing
from catalogue.changes.changed_records import note_changed
from catalogue.changes.former_records import NoSuchRecord, note_gone
from catalogue.database import Statement, Transaction, change, scalar_one
from catalogue.holders import update_holders
from catalogue.index.posting_changes import Version, change_postings
from catalogue.index.sort_keys import note_refiled
from catalogue.records import Record, fetch_records
from catalogue.schema import items, records


@scalar_one(int)
def _count_items(*, record_id: int) -> Statement:
    return select(func.count()).select_from(items).where(items.c.record_id == record_id)


# The sort keys go with it by the foreign key.
@change
def _delete_record(*, record_id: int) -> Statement:
    return delete(records).where(records.c.id == record_id)


class RecordHasItems(ValueError):
    """A record cannot be deleted while it has items."""

    def __init__(self, record_id: int, number: int) -> None:
        super().__init__(f"record {record_id} has {number} items")
        self.record_id = record_id
        self.number = number


def delete_record(transaction: Transaction, record_id: int, *, now: datetime) -> Record:
    """Deletes the record and gives it as it was; its id is never given out again.

    Raises NoSuchRecord, RecordHasItems. What else refers to it (holds) breaks a foreign key, and
    the driver's integrity error comes up; `circulation.records.changes` prevents that.
    """
    lock_writing(transaction)
    record = record_to_change(transaction, record_id)
    if number := _count_items(transaction, record_id=record_id):
        raise RecordHasItems(record_id, number)
    remove_record(transaction, record, now)
    update_holders(transaction, (record_id,))
    return record


def record_to_change(transaction: Transaction, record_id: int) -> Record:
    """The record as it is under `lock_writing`. Raises NoSuchRecord."""
    found = fetch_records(transaction, [record_id])
    if not found:
        raise NoSuchRecord(record_id)
    return found[0]


def remove_record(
    transaction: Transaction, record: Record, now: datetime, survivor_id: int | None = None
) -> None:
    """Takes the record out; nothing may refer to it any more. `update_holders` is the caller's."""
    change_postings(transaction, [Version(record.id, record.format, record.data)], [])
    note_gone(transaction, record, now, survivor_id)
    note_changed(transaction, (record.id,))
    note_refiled(transaction, (record.id,))
    _delete_record(transaction, record_id=record.id)
