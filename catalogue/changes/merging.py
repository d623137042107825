"""Merging two records of one work: one goes, and what it has moves to the other, the survivor."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import update

from catalogue.changes.accession import lock_writing
from catalogue.changes.deleting import record_to_change, remove_record
from catalogue.database import Statement, Transaction, change
from catalogue.holders import update_holders
from catalogue.records import Record
from catalogue.schema import items


@change
def _move_items(*, from_id: int, to_id: int) -> Statement:
    return update(items).where(items.c.record_id == from_id).values(record_id=to_id)


class Merged(NamedTuple):
    """The record that is gone, as it was; its survivor; and how many items have moved."""

    gone: Record
    survivor: Record
    items: int


def merge_records(
    transaction: Transaction, record_id: int, survivor_id: int, *, now: datetime
) -> Merged:
    """Moves the items of `record_id` to `survivor_id`, whose text stays as it is, and removes it.

    Its id leads to the survivor from then on (`catalogue.changes.former_records`). Raises
    NoSuchRecord, and ValueError for a record and itself. Holds are moved by
    `circulation.records.changes`.
    """
    if record_id == survivor_id:
        raise ValueError("a record cannot be merged with itself")
    lock_writing(transaction)
    survivor = record_to_change(transaction, survivor_id)
    record = record_to_change(transaction, record_id)
    moved = _move_items(transaction, from_id=record_id, to_id=survivor_id)
    remove_record(transaction, record, now, survivor_id)
    update_holders(transaction, (record_id, survivor_id))
    return Merged(record, survivor, moved)
