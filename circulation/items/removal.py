"""Taking an item out of the stock: refused as long as somebody has it, was promised it, or owes for
it, with all that stands in the way.

What else hangs on it is settled: a hold on just this item asks for any copy of the title and keeps
its place, what was on its way for a hold is that no more, a transit ends, a booking, deposit or
theme goes on without it.

What names an item is read from the schema; each column says what becomes of its row, and one that
says nothing stands in the way. Events stay, and the statistics that are read from them. Loans
that have ended go: the history of an item that is no more is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Column, delete, func, select, update

from catalogue.database import Statement, Transaction, change, scalar_one, send
from catalogue.holders import update_holders
from catalogue.schema import items
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.personal import CUT
from circulation.kernel.results import Item
from circulation.kernel.schema import all_tables


class ItemNeed(Enum):
    """Why an item cannot go. The value is a plain English phrase for staff."""

    ON_LOAN = "it is on loan"
    KEPT = "it is kept for somebody who waits"
    MONEY = "something is owed for a loan of it"
    REFERENCES = "other entries name it"


@dataclass(frozen=True, slots=True)
class ItemNeeded:
    """Nothing was changed: all that stands in the way."""

    item: Item
    needs: tuple[ItemNeed, ...]


@dataclass(frozen=True, slots=True)
class ItemRemoved:
    """The item is gone. `is_last`: its record has no items any more."""

    item: Item
    is_last: bool


class RemovalFeature:
    """What hangs on an item that is to go, other than by rows that name it."""

    def lock(self, transaction: Transaction, item: ItemFacts) -> None:
        """Locks what `let_go` will change; the item is locked."""

    def need(self, transaction: Transaction, item: ItemFacts) -> ItemNeed | None:
        """Why the item cannot go."""
        return None

    def let_go(self, act: Act, item: ItemFacts) -> None:
        """The item goes: settles what hangs on it."""


REMOVING: Registry[RemovalFeature] = Registry("items.removal:REMOVING")


def references() -> list[Column[Any]]:
    """Every column of the schema that refers to an item."""
    return [
        column
        for table in all_tables()
        for column in table.columns
        for key in column.foreign_keys
        if key.column is items.c.id
    ]


class _Reference(NamedTuple):
    fate: str | None
    count: Callable[..., int]
    act: Callable[..., None]


@cache
def _references() -> tuple[_Reference, ...]:
    """Those that refer to other tables first, so that no foreign key is broken."""
    return tuple(_reference(column) for column in reversed(references()))


def _reference(column: Column[Any]) -> _Reference:
    table, fate = column.table, column.info.get("fate")

    @scalar_one(int)
    def count(*, item_id: int) -> Statement:
        return select(func.count()).select_from(table).where(column == item_id)

    @send
    def act(*, item_id: int) -> Statement:
        if fate == CUT["fate"]:
            return update(table).where(column == item_id).values({column: None})
        return delete(table).where(column == item_id)

    return _Reference(fate, count, act)


@scalar_one(int)
def _others(*, record_id: int, item: int) -> Statement:
    return (
        select(func.count())
        .select_from(items)
        .where(items.c.record_id == record_id, items.c.id != item)
    )


@change
def _delete(*, item_id: int) -> Statement:
    return delete(items).where(items.c.id == item_id)


def remove_item(act: Act, *, item: str, why: str = "") -> ItemRemoved | ItemNeeded | None:
    """Takes the item with this barcode out of the stock; None where no item has it.

    Its record stays, also without items (`circulation.records.changes.delete_record`). An item that
    is missing or in transit can go. `why` is kept with the event.
    """
    transaction, circulation = act.transaction, act.circulation
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return None
    for feature in REMOVING:
        feature.lock(transaction, facts)
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    needs = [need for each in REMOVING if (need := each.need(transaction, facts)) is not None]
    if any(
        each.count(transaction, item_id=facts.id) for each in _references() if each.fate is None
    ):
        needs.append(ItemNeed.REFERENCES)
    if needs:
        return ItemNeeded(known, tuple(needs))
    for feature in REMOVING:
        feature.let_go(act, facts)
    for each in _references():
        if each.fate is not None:
            each.act(transaction, item_id=facts.id)
    _delete(transaction, item_id=facts.id)
    update_holders(transaction, (facts.record_id,))
    append_event(
        act,
        NewEvent(
            EventKind.ITEM_REMOVED,
            item_id=facts.id,
            before={
                "barcode": known.barcode,
                "record": known.record_id,
                "home": known.home_branch.id,
                "title": known.title,
            },
            after={"why": why} if why else None,
        ),
    )
    return ItemRemoved(known, not _others(transaction, record_id=facts.record_id, item=facts.id))
