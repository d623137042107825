"""Changes of records with what circulation knows of them: holds move, events are written.

The text and the index are the catalogue's (`catalogue.changes.replacing`, `deleting`, `merging`);
these verbs do that and what follows from it in one transaction. `desk` None is the command line.
Raised by all that are given an id: `catalogue.changes.former_records.NoSuchRecord`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, delete, func, select, update

from catalogue.changes import accession, deleting, merging, replacing
from catalogue.database import Statement, Transaction, change, lock, scalar_one, send
from catalogue.schema import items, records
from circulation.holds.changes import HoldOutcome, close, release
from circulation.holds.facts import HoldFacts, holds_of_record, lock_queue
from circulation.holds.queues import order_key
from circulation.holds.schema import fetches, holds
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.schema import all_tables
from circulation.loans.schema import loans
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import kind_of_patron

_LIBRARY = PatronKind.LIBRARY.value


class Need(Enum):
    """Why a record cannot go. The value is a plain English phrase for staff."""

    ITEMS = "it has items"
    LOANS = "items of it are on loan"
    HOLDS = "somebody waits for it"
    REFERENCES = "bookings or other entries name it"


@dataclass(frozen=True, slots=True)
class RecordNeeded:
    """Nothing was deleted: all that stands in the way, with how many there are of each."""

    needs: tuple[tuple[Need, int], ...]


@dataclass(frozen=True, slots=True)
class RecordDeleted:
    """The record is gone."""

    record_id: int
    title: str


@dataclass(frozen=True, slots=True)
class RecordsMerged:
    """`record_id` leads to `survivor_id` now. `closed_holds` are those of patrons who waited for
    both."""

    record_id: int
    survivor_id: int
    title: str  # of the survivor
    items: int
    holds: int
    closed_holds: int


@scalar_one(int)
def _count_items(*, record_id: int) -> Statement:
    return select(func.count()).select_from(items).where(items.c.record_id == record_id)


@scalar_one(int)
def _count_loans(*, record_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(items.join(loans, loans.c.item_id == items.c.id))
        .where(items.c.record_id == record_id, loans.c.checked_in.is_(None))
    )


@scalar_one(int)
def _count_holds(*, record_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(holds)
        .where(holds.c.record_id == record_id, holds.c.closed.is_(None))
    )


@lock
def _lock_items(*, record_id: int, survivor_id: int) -> Statement:
    return (
        select(items.c.id)
        .where(items.c.record_id.in_([record_id, survivor_id]))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


@send
def _move_holds(*, from_id: int, to_id: int) -> Statement:
    return update(holds).where(holds.c.record_id == from_id).values(record_id=to_id)


def _its_holds(record_id: int) -> Select[Any]:
    return select(holds.c.id).where(holds.c.record_id == record_id)


@send
def _forget_fetches(*, record_id: int) -> Statement:
    return delete(fetches).where(fetches.c.hold_id.in_(_its_holds(record_id)))


@send
def _wait_no_more(*, record_id: int) -> Statement:
    return update(holds).where(holds.c.waits_for.in_(_its_holds(record_id))).values(waits_for=None)


@send
def _delete_holds(*, record_id: int) -> Statement:
    return delete(holds).where(holds.c.record_id == record_id)


#: References that are dealt with by name, here or in the catalogue.
_KNOWN = frozenset(
    {
        ("items", "record_id"),
        ("sort_keys", "record_id"),
        ("former_records", "survivor_id"),
        ("holds", "record_id"),
    }
)


class _Reference(NamedTuple):
    """Another column that names records: how many rows do, and moving them to another."""

    count: Callable[..., int]
    move: Callable[..., int]


@cache
def _other_references() -> tuple[_Reference, ...]:
    """Read from the schema, so that a table that comes later cannot be forgotten."""
    return tuple(
        _reference(column)
        for table in all_tables()
        for column in table.columns
        for key in column.foreign_keys
        if key.column is records.c.id and (table.name, column.name) not in _KNOWN
    )


def _reference(column: Column[int]) -> _Reference:
    table = column.table

    @scalar_one(int)
    def count(*, record_id: int) -> Statement:
        return select(func.count()).select_from(table).where(column == record_id)

    @change
    def move(*, record_id: int, survivor_id: int) -> Statement:
        return update(table).where(column == record_id).values({column: survivor_id})

    return _Reference(count, move)


def add_record(
    act: Act, data: bytes, *, agency_id: int | None = None, record_format: str = "marc21"
) -> int:
    """`catalogue.changes.accession.add_record` with an event; the id. Raises Refused (of MARC)."""
    transaction, now = act.transaction, act.now
    record_id = accession.add_record(
        transaction, data, now=now, agency_id=agency_id, record_format=record_format
    )
    append_event(act, NewEvent(EventKind.RECORD_ADDED, after={"record": record_id}))
    return record_id


def replace_record(
    act: Act, record_id: int, data: bytes, *, record_format: str | None = None
) -> bool:
    """`catalogue.changes.replacing.replace_record` with an event; False where nothing differs."""
    transaction, now = act.transaction, act.now
    is_changed = replacing.replace_record(
        transaction, record_id, data, now=now, record_format=record_format
    )
    if is_changed:
        append_event(act, NewEvent(EventKind.RECORD_REPLACED, after={"record": record_id}))
    return is_changed


def delete_record(act: Act, record_id: int) -> RecordDeleted | RecordNeeded:
    """Deletes a record that nobody needs: no items, so no loans, and no open holds.

    Holds that are over go with it; their events stay.
    """
    transaction, now = act.transaction, act.now
    accession.lock_writing(transaction)
    record = deleting.record_to_change(transaction, record_id)
    lock_queue(transaction, record_id=record_id)
    needs = (
        (Need.ITEMS, _count_items(transaction, record_id=record_id)),
        (Need.LOANS, _count_loans(transaction, record_id=record_id)),
        (Need.HOLDS, _count_holds(transaction, record_id=record_id)),
        (
            Need.REFERENCES,
            sum(
                reference.count(transaction, record_id=record_id)
                for reference in _other_references()
            ),
        ),
    )
    if any(number for _, number in needs):
        return RecordNeeded(tuple((need, number) for need, number in needs if number))
    _forget_fetches(transaction, record_id=record_id)
    _wait_no_more(transaction, record_id=record_id)
    _delete_holds(transaction, record_id=record_id)
    deleting.delete_record(transaction, record_id, now=now)
    append_event(
        act,
        NewEvent(
            EventKind.RECORD_DELETED,
            before={
                "record": record_id,
                "title": record.title,
                "control_number": record.control_number,
            },
        ),
    )
    return RecordDeleted(record_id, record.title)


def merge_records(act: Act, record_id: int, survivor_id: int) -> RecordsMerged:
    """Merges a record into another: items with their loans, and holds, go over to the survivor.

    Holds keep their places by their own keys (`holds.queues.order_key`). Where a patron waits for
    both, the hold that has an item stays, else the one that comes first; the other is closed.
    Raises ValueError for a record and itself.
    """
    transaction, now = act.transaction, act.now
    accession.lock_writing(transaction)
    if record_id == survivor_id:
        raise ValueError("a record cannot be merged with itself")
    for number in (record_id, survivor_id):
        deleting.record_to_change(transaction, number)
    _lock_items(transaction, record_id=record_id, survivor_id=survivor_id)
    for number in sorted((record_id, survivor_id)):
        lock_queue(transaction, record_id=number)
    moving = holds_of_record(transaction, record_id=record_id)
    twice = _placed_twice(transaction, moving, holds_of_record(transaction, record_id=survivor_id))
    for hold in twice:
        release(act, hold)
        close(act, hold, HoldOutcome.MERGED)
    closed = {hold.id for hold in twice}
    moved = [hold for hold in moving if hold.id not in closed]
    for hold in moved:
        append_event(
            act,
            NewEvent(
                EventKind.HOLD_CHANGED,
                hold_id=hold.id,
                patron_id=hold.patron_id,
                before={"record": record_id},
                after={"record": survivor_id},
            ),
        )
    _move_holds(transaction, from_id=record_id, to_id=survivor_id)
    for reference in _other_references():
        reference.move(transaction, record_id=record_id, survivor_id=survivor_id)
    merged = merging.merge_records(transaction, record_id, survivor_id, now=now)
    append_event(
        act,
        NewEvent(
            EventKind.RECORDS_MERGED,
            before={
                "record": record_id,
                "title": merged.gone.title,
                "control_number": merged.gone.control_number,
            },
            after={"record": survivor_id, "items": merged.items, "holds": len(moved)},
        ),
    )
    return RecordsMerged(
        record_id, survivor_id, merged.survivor.title, merged.items, len(moved), len(twice)
    )


def _placed_twice(
    transaction: Transaction, moving: list[HoldFacts], staying: list[HoldFacts]
) -> list[HoldFacts]:
    """Of every two holds of one patron on the same part, the one that goes."""
    by_wish = {(hold.patron_id, hold.part): hold for hold in staying}
    found = []
    for hold in moving:
        other = by_wish.get((hold.patron_id, hold.part))
        # A library wants as many copies as it has asked for.
        if other is not None and kind_of_patron(transaction, patron_id=hold.patron_id) != _LIBRARY:
            found.append(max((hold, other), key=lambda each: (not each.is_bound, order_key(each))))
    return found
