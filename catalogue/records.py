"""Bibliographic records as they are stored, fetched by number.

A record is kept whole, as UTF-8 ISO 2709 bytes; `catalogue.formats` makes every other form of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, columns, many, many_of, scalar_one
from catalogue.schema import records


class Record(NamedTuple):
    """One stored record.

    `format` says what the ISO 2709 bytes in `data` hold: ``marc21``, ``danmarc2`` or ``unimarc``.
    `title` and `author` are for people to read and may be empty; `year` is that of publication.
    """

    id: int
    format: str
    data: bytes
    title: str
    author: str
    year: int | None
    control_number: str | None


@many_of(Record)
def _records_by_id(*, record_ids: Sequence[int]) -> Statement:
    return select(*columns(Record, records)).where(records.c.id.in_(record_ids))


@many(Record)
def _record_by_id(*, number: int) -> Statement:
    return select(*columns(Record, records)).where(records.c.id == number)


@many(Record)
def find_by_control_number(*, control_number: str) -> Statement:
    """The records with this control number (MARC 21 field 001), oldest first.

    Different sources may give out the same number, so there may be several.
    """
    return (
        select(*columns(Record, records))
        .where(records.c.control_number == control_number)
        .order_by(records.c.id)
    )


class Numbered(NamedTuple):
    """A record, and the control number that it was looked for by."""

    id: int
    control_number: str


@many_of(Numbered)
def _numbered(*, control_numbers: Sequence[str]) -> Statement:
    return (
        select(*columns(Numbered, records))
        .where(records.c.control_number.in_(control_numbers))
        .order_by(records.c.id)
    )


def records_numbered(
    transaction: Transaction, control_numbers: Sequence[str]
) -> dict[str, list[int]]:
    """The ids of the records with each of these control numbers, oldest first; numbers that no
    record has are left out."""
    found: dict[str, list[int]] = {}
    for each in _numbered(transaction, control_numbers=list(control_numbers)):
        found.setdefault(each.control_number, []).append(each.id)
    return found


def records_by_id(transaction: Transaction, ids: Sequence[int]) -> dict[int, Record]:
    """The records numbered `ids`, those that there are."""
    if len(ids) == 1:
        found = _record_by_id(transaction, number=ids[0])
    else:
        found = _records_by_id(transaction, record_ids=ids)
    return {record.id: record for record in found}


def fetch_records(transaction: Transaction, ids: Sequence[int]) -> list[Record]:
    """The records numbered `ids`, in the order asked.

    A number that no record has (any more) is left out: who must tell compares the `id`s.
    """
    by_id = records_by_id(transaction, ids)
    return [by_id[number] for number in ids if number in by_id]


@scalar_one(int)
def count() -> Statement:
    """How many records the catalogue holds."""
    return select(func.count()).select_from(records)


@many_of(tuple[int, str])
def _control_numbers(*, record_ids: Sequence[int]) -> Statement:
    return select(records.c.id, records.c.control_number).where(
        records.c.id.in_(record_ids), records.c.control_number.is_not(None)
    )


def control_numbers_of(transaction: Transaction, ids: Sequence[int]) -> dict[int, str]:
    """The control number of each record that has one, by record id."""
    return dict(_control_numbers(transaction, record_ids=list(ids)))
