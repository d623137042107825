"""Putting records into the catalogue: record, index and items in one transaction.

Record ids are positions in the bitmaps of `postings`, so they are given out here, ascending, and
by one writer at a time: `next_record_id` waits for every other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, insert, select, text

from catalogue.bitmaps import CHUNK_BITS
from catalogue.change_notes import Aspect, note_changes
from catalogue.changes.authorities import LINKED_FORMAT, named
from catalogue.changes.made import Made
from catalogue.database import Statement, Transaction, lock, scalar_one, send_many
from catalogue.holders import update_holders
from catalogue.index.collecting import Collector, Columns
from catalogue.index.postings import add_postings
from catalogue.index.sort_keys import add_sort_keys
from catalogue.marc.checking import accept
from catalogue.schema import former_records, items, records


# Taken first by whoever writes records or the index. It holds off only other such writers:
#: readers, and rows that refer to records, go on.
@lock
def lock_writing() -> Statement:
    return text("LOCK TABLE records IN SHARE ROW EXCLUSIVE MODE")


def _last(column: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(select(func.max(column)).scalar_subquery(), 0)


# Ids of records that no longer exist are never given out again.
@scalar_one(int)
def _last_id() -> Statement:
    return select(_last(records.c.id))


@scalar_one(int)
def _last_former_id() -> Statement:
    return select(_last(former_records.c.id))


class _NewRecord(NamedTuple):
    id: int
    format: str
    agency_id: int | None
    control_number: str | None
    title: str
    author: str
    year: int | None
    load_id: int | None
    load_position: int | None
    data: bytes
    created: datetime
    changed: datetime


@send_many
def _insert_records(record: _NewRecord) -> Statement:
    return insert(records).values(**record._asdict())


class _NewItem(NamedTuple):
    barcode: str
    record_id: int
    branch_id: int
    material_group: str
    created: datetime


@send_many
def _insert_items(record: _NewItem) -> Statement:
    return insert(items).values(**record._asdict())


@dataclass(frozen=True, slots=True)
class ItemDefaults:
    """One item for every record of a load.

    The record at position n of its file (from 1) gets the barcode `prefix` with the number
    ``first_number + n - 1`` in at least `digits` digits: the same however often the load is
    interrupted.
    """

    branch_id: int
    prefix: str
    first_number: int = 1
    digits: int = 7
    material_group: str = ""

    def barcode(self, position: int) -> str:
        return f"{self.prefix}{self.first_number + position - 1:0{self.digits}d}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where new records come from: when, whose they are (None: shared by all), by which load, and
    the item that each of them has."""

    now: datetime
    agency_id: int | None = None
    load_id: int | None = None
    with_items: ItemDefaults | None = None


def next_record_id(transaction: Transaction) -> int:
    """The id for the next record; holds off all other writers of records until the commit."""
    lock_writing(transaction)
    return max(_last_id(transaction), _last_former_id(transaction)) + 1


def store(
    transaction: Transaction,
    made: Iterable[Made],
    columns: Iterable[Columns],
    origin: Origin,
) -> None:
    """Inserts prepared records with their postings; their ids are `next_record_id` or above."""
    given = list(made)
    _insert_records(
        transaction,
        (
            _NewRecord(
                record.id,
                record.record_format,
                origin.agency_id,
                record.description.control_number,
                record.description.title,
                record.description.author,
                record.description.year,
                origin.load_id,
                record.position if origin.load_id is not None else None,
                record.data,
                origin.now,
                origin.now,
            )
            for record in given
        ),
    )
    add_sort_keys(transaction, ((record.id, record.description) for record in given))
    add_postings(transaction, columns)
    note_changes(transaction, [record.id for record in given], Aspect.RECORD)
    if origin.with_items is not None:
        placed = [(record.position, record.id) for record in given]
        insert_items(transaction, origin.with_items, placed, origin.now)
    elif origin.agency_id is not None:
        update_holders(transaction, (record.id for record in given))


def insert_items(
    transaction: Transaction,
    defaults: ItemDefaults,
    placed: Sequence[tuple[int, int]],
    now: datetime,
) -> None:
    """Gives records an item each: position in the file and id of each record."""
    _insert_items(
        transaction,
        (
            _NewItem(
                defaults.barcode(position),
                record_id,
                defaults.branch_id,
                defaults.material_group,
                now,
            )
            for position, record_id in placed
        ),
    )
    update_holders(transaction, (record_id for _, record_id in placed))


def add_record(
    transaction: Transaction,
    data: bytes,
    *,
    now: datetime,
    agency_id: int | None = None,
    record_format: str = "marc21",
) -> int:
    """Adds one record and makes it searchable at once; gives its id.

    `data` is ISO 2709 in any state that `catalogue.marc.checking.accept` takes; raises Refused.
    Names of authorities that danMARC2 refers to are put in.
    """
    [number] = add_records(
        transaction, [data], now=now, agency_id=agency_id, record_format=record_format
    )
    return number


def add_records(
    transaction: Transaction,
    data: Iterable[bytes],
    *,
    now: datetime,
    agency_id: int | None = None,
    record_format: str = "marc21",
) -> list[int]:
    """The same for several, whose postings are written together; names are those of authorities
    that are there already."""
    accepted = [accept(each, record_format) for each in data]
    if record_format == LINKED_FORMAT:
        accepted = [named(transaction, each).data for each in accepted]
    made, columns = prepare(next_record_id(transaction), accepted, record_format)
    store(transaction, made, columns, Origin(now, agency_id))
    return [record.id for record in made]


def prepare(
    first_id: int, accepted: Iterable[bytes], record_format: str
) -> tuple[list[Made], list[Columns]]:
    """What `store` takes, for sound records with ascending ids from `first_id` on."""
    made: list[Made] = []
    collectors: dict[int, Collector] = {}
    for number, data in enumerate(accepted, first_id):
        chunk = number >> CHUNK_BITS
        collector = collectors.setdefault(chunk, Collector(chunk))
        description = collector.add(number & 0xFFFF, record_format, data)
        made.append(Made(number, 0, record_format, description, data))
    return made, [each for collector in collectors.values() for each in collector.columns()]
