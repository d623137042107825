"""Bibliographic records as they are stored, fetched by number.

A record is kept whole, as UTF-8 ISO 2709 bytes; `catalogue.formats` makes every other form of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from catalogue.database import Transaction, key_parameters, many, many_of, scalar
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


_COLUMNS = (
    records.c.id,
    records.c.format,
    records.c.data,
    records.c.title,
    records.c.author,
    records.c.year,
    records.c.control_number,
)

_records_by_id = many_of(
    lambda size: select(*_COLUMNS).where(records.c.id.in_(key_parameters(size))), Record
)

_record_by_id = many(select(*_COLUMNS).where(records.c.id == bindparam("number")), Record, "number")

_records_by_control_number = many(
    select(*_COLUMNS)
    .where(records.c.control_number == bindparam("control_number"))
    .order_by(records.c.id),
    Record,
    "control_number",
)

_count = scalar(select(func.count()).select_from(records))


def fetch_records(transaction: Transaction, ids: Sequence[int]) -> list[Record]:
    """The records numbered `ids`, in the order asked.

    A number that no record has (any more) is left out: who must tell compares the `id`s.
    """
    if len(ids) == 1:
        return _record_by_id(transaction, ids[0])
    found = _records_by_id(transaction, ids)
    by_id = {record.id: record for record in found}
    return [by_id[number] for number in ids if number in by_id]


def find_by_control_number(transaction: Transaction, control_number: str) -> list[Record]:
    """The records with this control number (MARC 21 field 001), oldest first.

    Different sources may give out the same number, so there may be several.
    """
    return _records_by_control_number(transaction, control_number)


def count(transaction: Transaction) -> int:
    """How many records the catalogue holds."""
    counted: int = _count(transaction)
    return counted


_control_numbers: Callable[..., list[Any]] = many_of(
    lambda size: select(records.c.id, records.c.control_number).where(
        records.c.id.in_(key_parameters(size)), records.c.control_number.is_not(None)
    ),
    None,
)


def control_numbers_of(transaction: Transaction, ids: Sequence[int]) -> dict[int, str]:
    """The control number of each record that has one, by record id."""
    return {row[0]: row[1] for row in _control_numbers(transaction, list(ids))}
