"""Replacing records: the new text, its description and sort keys, and the postings that differ.

Items, holds and everything else that refers to the record stay where they are; so does its owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from catalogue.changes.accession import lock_writing
from catalogue.changes.changed_records import note_changed
from catalogue.changes.former_records import NoSuchRecord
from catalogue.database import Statement, Transaction, scalar, send_many
from catalogue.index.posting_changes import Version, change_postings
from catalogue.index.sort_keys import replace_sort_keys
from catalogue.marc.checking import accept
from catalogue.records import fetch_records
from catalogue.schema import records


class _ChangedRecord(NamedTuple):
    format: str
    control_number: str | None
    title: str
    author: str
    year: int | None
    data: bytes
    changed: datetime
    id: int


@send_many
def _update_records(record: _ChangedRecord) -> Statement:
    values = record._asdict()
    return update(records).where(records.c.id == values.pop("id")).values(values)


@scalar(datetime)
def _changed(*, record_id: int) -> Statement:
    return select(records.c.changed).where(records.c.id == record_id)


def replace_record(
    transaction: Transaction,
    record_id: int,
    data: bytes,
    *,
    now: datetime,
    record_format: str | None = None,
) -> bool:
    """Puts `data` in the place of the record's text; False where it is the same already.

    `data` is ISO 2709 in any state that `catalogue.marc.checking.accept` takes; raises Refused.
    `record_format` None leaves it as it is. Raises NoSuchRecord.
    """
    lock_writing(transaction)
    [version] = _versions_now(transaction, [record_id])
    record_format = record_format or version.record_format
    new = Version(record_id, record_format, accept(data, record_format))
    return bool(replace_records(transaction, [new], now=now))


def replace_records(
    transaction: Transaction, versions: Sequence[Version], *, now: datetime
) -> list[int]:
    """The same for many records at once, each given once; their data are accepted already.

    Gives the ids of those that were different.
    """
    lock_writing(transaction)
    old = _versions_now(transaction, [version.id for version in versions])
    changed = [
        (before, after) for before, after in zip(old, versions, strict=True) if before != after
    ]
    if not changed:
        return []
    descriptions = change_postings(
        transaction, (before for before, _ in changed), (after for _, after in changed)
    )
    _update_records(
        transaction,
        [
            _ChangedRecord(
                after.record_format,
                descriptions[after.id].control_number,
                descriptions[after.id].title,
                descriptions[after.id].author,
                descriptions[after.id].year,
                after.data,
                now,
                after.id,
            )
            for _, after in changed
        ],
    )
    replace_sort_keys(transaction, descriptions.items())
    ids = [after.id for _, after in changed]
    note_changed(transaction, ids)
    return ids


def last_change(transaction: Transaction, record_id: int) -> datetime:
    """When the record was stored or replaced last. Raises NoSuchRecord."""
    found: datetime | None = _changed(transaction, record_id=record_id)
    if found is None:
        raise NoSuchRecord(record_id)
    return found


def _versions_now(transaction: Transaction, ids: Sequence[int]) -> list[Version]:
    found = {record.id: record for record in fetch_records(transaction, ids)}
    for number in ids:
        if number not in found:
            raise NoSuchRecord(number)
    return [Version(number, found[number].format, found[number].data) for number in ids]
