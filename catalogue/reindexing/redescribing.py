"""Descriptions and sort keys that no longer agree with their records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import update

from catalogue.changes.accession import lock_writing
from catalogue.database import Statement, Transaction, send_many
from catalogue.index.collecting import terms_of
from catalogue.index.describing import Description
from catalogue.index.sort_keys import replace_sort_keys
from catalogue.records import fetch_records
from catalogue.schema import records


class _RedescribedRecord(NamedTuple):
    control_number: str | None
    title: str
    author: str
    year: int | None
    id: int


@send_many
def _update(record: _RedescribedRecord) -> Statement:
    values = record._asdict()
    return update(records).where(records.c.id == values.pop("id")).values(values)


class Described(NamedTuple):
    """A record with what is stored of its description; the keys are None where it has none."""

    id: int
    record_format: str
    data: bytes
    control_number: str | None
    title: str
    author: str
    year: int | None
    title_key: bytes | None
    author_key: bytes | None
    year_key: int | None

    def is_described_by(self, description: Description) -> bool:
        """Is what is stored what the record gives?"""
        return (*self[3:9], self.year_key) == (*description, description.year or 0)


def redescribe(transaction: Transaction, ids: Sequence[int]) -> None:
    """Writes what the records give as they are now; those that are gone are left out."""
    lock_writing(transaction)
    described = [
        (record.id, terms_of(record.format, record.data)[1])
        for record in fetch_records(transaction, ids)
    ]
    _update(
        transaction,
        [
            _RedescribedRecord(found.control_number, found.title, found.author, found.year, number)
            for number, found in described
        ],
    )
    replace_sort_keys(transaction, described)
