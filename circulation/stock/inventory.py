"""Inventory: the shelves of a branch are scanned, and what is wrong with them is told.

An inventory is a session that can be left and gone on with, by several people at once. Each scan
says at once what is to be done with the item in hand; what was not scanned and should have been is
on a list, and can be declared missing in the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from sqlalchemy import delete, exists, func, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    one,
    scalar_one,
    scalars_of,
    send,
)
from catalogue.items import Item, find_item
from catalogue.schema import items, records
from circulation.items.availability import circulation_status
from circulation.items.facts import lock_item
from circulation.kernel.act import Act
from circulation.kernel.paging import PAGE
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CirculationStatus, ItemState, Refusal, Refused
from circulation.loans.lost import declare_lost, find
from circulation.stock.schema import inventories, inventory_scans
from circulation.stock.shelves import is_any_or, is_on_shelf


class Finding(Enum):
    """What a scan found. The value is a plain English phrase for staff."""

    SEEN = "where it belongs"
    WRONG_PLACE = "in the wrong place"
    ON_LOAN = "should be on loan"
    ELSEWHERE = "should be elsewhere"
    WAS_MISSING = "was missing"


class Shelf(NamedTuple):
    """Which shelves: an empty level, or group, is any."""

    department: str = ""
    location: str = ""
    sublocation: str = ""
    section: str = ""
    material_group: str = ""


#: All shelves of a branch.
ANY_SHELF: Final = Shelf()


class Inventory(NamedTuple):
    """An inventory and the shelves that it is of."""

    id: int
    name: str
    branch_id: int
    department: str
    location: str
    sublocation: str
    section: str
    material_group: str
    begun: datetime
    closed: datetime | None

    @property
    def shelf(self) -> Shelf:
        return Shelf(*(getattr(self, name) for name in Shelf._fields))


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found of an item, which was in this state before. `branch_id` is where it
    belongs."""

    item: Item
    title: str
    finding: Finding
    state: ItemState
    branch_id: int


class ScannedLine(NamedTuple):
    """A scan that staff have to see to."""

    item_id: int
    barcode: str
    title: str
    call_number: str
    finding: str
    scanned: datetime


class NotSeen(NamedTuple):
    """An item that should stand on the shelves and was not scanned."""

    item_id: int
    barcode: str
    title: str
    location: str
    sublocation: str
    section: str
    call_number: str


@scalar_one(int)
def _insert_inventory(
    *,
    name: str,
    branch_id: int,
    department: str,
    location: str,
    sublocation: str,
    section: str,
    material_group: str,
    begun: datetime,
) -> Statement:
    return insert(inventories).values(locals()).returning(inventories.c.id)


@one(Inventory)
def inventory_of(*, inventory_id: int) -> Statement:
    """The inventory with this number, closed or not."""
    return select(*columns(Inventory, inventories)).where(inventories.c.id == inventory_id)


@many(Inventory)
def open_inventories(*, branch_id: int) -> Statement:
    """Those of the branch that go on, the oldest first."""
    return (
        select(*columns(Inventory, inventories))
        .where(inventories.c.branch_id == branch_id, inventories.c.closed.is_(None))
        .order_by(inventories.c.id)
    )


@change
def _close(*, inventory_id: int, closed: datetime) -> Statement:
    is_open = (inventories.c.id == inventory_id, inventories.c.closed.is_(None))
    return update(inventories).where(*is_open).values(closed=closed)


@send
def _forget_scan(*, inventory_id: int, item_id: int) -> Statement:
    its = inventory_scans.c
    return delete(inventory_scans).where(its.inventory_id == inventory_id, its.item_id == item_id)


@send
def _insert_scan(*, inventory_id: int, item_id: int, finding: str, scanned: datetime) -> Statement:
    return insert(inventory_scans).values(locals())


class FindingCount(NamedTuple):
    """How many items were found so."""

    finding: str
    items: int


@many(FindingCount)
def findings_of(*, inventory_id: int) -> Statement:
    """How many items were found how."""
    its = inventory_scans.c
    return (
        select(*columns(FindingCount, inventory_scans, items=func.count()))
        .where(its.inventory_id == inventory_id)
        .group_by(its.finding)
        .order_by(its.finding)
    )


@many(ScannedLine)
def _to_see_to(*, inventory_id: int, after_id: int, at_most: int) -> Statement:
    its = inventory_scans.c
    return (
        select(
            *columns(
                ScannedLine,
                inventory_scans,
                barcode=items.c.barcode,
                title=records.c.title,
                call_number=items.c.call_number,
            )
        )
        .select_from(
            inventory_scans.join(items, items.c.id == its.item_id).join(
                records, records.c.id == items.c.record_id
            )
        )
        .where(
            its.inventory_id == inventory_id,
            its.item_id > after_id,
            its.finding != Finding.SEEN.name,
        )
        .order_by(its.item_id)
        .limit(at_most)
    )


@many(NotSeen)
def _not_seen(
    *,
    inventory_id: int,
    branch_id: int,
    department: str,
    location: str,
    sublocation: str,
    section: str,
    material_group: str,
    begun: datetime,
    after_id: int,
    at_most: int,
) -> Statement:
    was_scanned = exists(
        select(1)
        .where(
            inventory_scans.c.inventory_id == inventory_id,
            inventory_scans.c.item_id == items.c.id,
        )
        .correlate(items)
    )
    return (
        select(*columns(NotSeen, items, item_id=items.c.id, title=records.c.title))
        .select_from(items.join(records, records.c.id == items.c.record_id))
        .where(
            items.c.branch_id == branch_id,
            is_any_or(items.c.department, department),
            is_any_or(items.c.location, location),
            is_any_or(items.c.sublocation, sublocation),
            is_any_or(items.c.section, section),
            is_any_or(items.c.material_group, material_group),
            items.c.created <= begun,
            items.c.id > after_id,
            ~was_scanned,
            *is_on_shelf(),
        )
        .order_by(items.c.id)
        .limit(at_most)
    )


@scalars_of(int)
def _lock_items(*, item_ids: Sequence[int]) -> Statement:
    its = select(items.c.id).where(items.c.id.in_(item_ids)).order_by(items.c.id)
    return its.with_for_update(key_share=True)


def begin_inventory(act: Act, name: str, shelf: Shelf) -> Inventory:
    """An inventory of shelves of the desk's branch."""
    transaction, _, desk, now = act
    made = _insert_inventory(
        transaction, name=name.strip(), branch_id=desk.branch_id, begun=now, **shelf._asdict()
    )
    begun = inventory_of(transaction, inventory_id=made)
    assert begun is not None
    return begun


def scan_item(act: Act, inventory: Inventory, barcode: str) -> Scanned | Refused:
    """Notes that the item was found at the shelves, and says what is to be done with it.

    One that was missing is missing no more. Nothing else is done: what should be on loan, or
    elsewhere, is to be handed in at a desk, and what is in the wrong place is to be moved.
    Refused with ITEM_UNKNOWN.
    """
    transaction, circulation, _, now = act
    lock_item(transaction, barcode=barcode)
    status = circulation_status(circulation, transaction, item=barcode, now=now)
    item = find_item(transaction, barcode)
    if status is None or item is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    finding = _finding(inventory, item, status)
    if finding is Finding.WAS_MISSING:
        find(act, item=barcode)
    _forget_scan(transaction, inventory_id=inventory.id, item_id=item.id)
    _insert_scan(
        transaction,
        inventory_id=inventory.id,
        item_id=item.id,
        finding=finding.name,
        scanned=now,
    )
    return Scanned(item, status.item.title, finding, status.state, item.branch_id)


def _finding(inventory: Inventory, item: Item, status: CirculationStatus) -> Finding:
    if status.loan is not None:
        return Finding.ON_LOAN
    if status.state is ItemState.MISSING:
        return Finding.WAS_MISSING
    if status.state is not ItemState.AVAILABLE or status.stay is not None:
        return Finding.ELSEWHERE
    wanted = inventory.shelf._asdict()
    belongs = item.branch_id == inventory.branch_id and all(
        not value or value == getattr(item, name) for name, value in wanted.items()
    )
    return Finding.SEEN if belongs else Finding.WRONG_PLACE


def to_see_to(
    transaction: Transaction, inventory: Inventory, *, after: int = 0, limit: int = PAGE
) -> list[ScannedLine]:
    """Scans of what is not where it belongs, by item id, after that id."""
    return _to_see_to(transaction, inventory_id=inventory.id, after_id=after, at_most=limit)


def not_seen(
    transaction: Transaction, inventory: Inventory, *, after: int = 0, limit: int = PAGE
) -> list[NotSeen]:
    """What should stand there and was not scanned, by item id, after that id. Items that came
    after the inventory was begun are not asked for."""
    return _not_seen(
        transaction,
        inventory_id=inventory.id,
        branch_id=inventory.branch_id,
        begun=inventory.begun,
        after_id=after,
        at_most=limit,
        **inventory.shelf._asdict(),
    )


def declare_not_seen_missing(act: Act, inventory: Inventory, *, limit: int = PAGE) -> int:
    """Declares missing what was not scanned, `limit` items at most; gives how many."""
    transaction = act.transaction
    found = not_seen(transaction, inventory, limit=limit)
    # One may have been scanned, or lent, meanwhile.
    _lock_items(transaction, item_ids=[each.item_id for each in found])
    locked = {each.item_id for each in found}
    still = [
        each for each in not_seen(transaction, inventory, limit=limit) if each.item_id in locked
    ]
    for each in still:
        declare_lost(act, item=each.barcode)
    return len(still)


def close_inventory(act: Act, inventory: Inventory) -> bool:
    """Nothing more is scanned; False where it was closed before."""
    return _close(act.transaction, inventory_id=inventory.id, closed=act.now) == 1
