"""Taking an item out of the stock: refused as long as somebody has it, was promised it, or owes for
it, with all that stands in the way.

What else hangs on it is settled: a hold on just this item asks for any copy of the title and keeps
its place, what was on its way for a hold is that no more, a transit ends, a booking, deposit or
theme goes on without it.

What names an item is read from the schema; `FATE` says of each column what becomes of it, and what
it does not know stands in the way. Events stay, and the statistics that are read from them. Loans
that have ended go: the history of an item that is no more is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, bindparam, delete, func, select, update

from catalogue.database import Transaction, change, scalar, send
from catalogue.holders import update_holders
from catalogue.schema import items
from circulation.booking.schema import booking_loans
from circulation.booking.stays import end_stay, stay_of_item
from circulation.holds.facts import lock_queue
from circulation.holds.withdrawing import let_go_of_item, stands_ready
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk, Item
from circulation.kernel.schema import all_tables
from circulation.ledger.schema import charge_loans, charges
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.schema import loans


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


class Fate(Enum):
    """What removing an item does to a row that names it."""

    DELETED = "deleted"
    CUT = "kept, naming no item"
    IN_THE_WAY = "the item cannot go"


#: Table and column -> what becomes of it.
FATE: dict[tuple[str, str], Fate] = {
    ("captures", "item_id"): Fate.DELETED,  # what stands ready: ItemNeed.KEPT
    ("charge_loans", "item_id"): Fate.CUT,
    ("fetches", "item_id"): Fate.DELETED,
    ("holds", "item_id"): Fate.CUT,
    ("interlibrary_loans", "item_id"): Fate.CUT,
    ("item_properties", "item_id"): Fate.DELETED,
    ("loan_conflicts", "item_id"): Fate.DELETED,
    ("loans", "item_id"): Fate.DELETED,  # of an open one: ItemNeed.ON_LOAN
    ("missing_items", "item_id"): Fate.DELETED,
    ("stays", "item_id"): Fate.DELETED,
    ("transits", "item_id"): Fate.DELETED,
    ("unexpected_items", "item_id"): Fate.CUT,
}


def references() -> list[Column[Any]]:
    """Every column of the schema that refers to an item."""
    return [
        column
        for table in all_tables()
        for column in table.columns
        for key in column.foreign_keys
        if key.column is items.c.id
    ]


def _fate(column: Column[Any]) -> Fate:
    return FATE.get((column.table.name, column.name), Fate.IN_THE_WAY)


class _Reference(NamedTuple):
    column: Column[Any]
    fate: Fate
    count: Callable[..., int]
    act: Callable[..., None]


@cache
def _references() -> tuple[_Reference, ...]:
    """Those that refer to other tables first, so that no foreign key is broken."""
    return tuple(_reference(column) for column in reversed(references()))


def _reference(column: Column[Any]) -> _Reference:
    table, names, fate = column.table, column == bindparam("of_item"), _fate(column)
    statement = delete(table).where(names)
    cut = update(table).where(names).values({column: None})
    return _Reference(
        column,
        fate,
        _count(select(func.count()).select_from(table).where(names)),
        send(cut if fate is Fate.CUT else statement, "of_item"),
    )


def _count(statement: Select[Any]) -> Callable[..., int]:
    return scalar(statement, "of_item")


_owed = _count(
    select(func.count())
    .select_from(charge_loans.join(charges, charges.c.id == charge_loans.c.charge_id))
    .where(charge_loans.c.item_id == bindparam("of_item"), charges.c.balance != 0)
)
_others = scalar(
    select(func.count())
    .select_from(items)
    .where(items.c.record_id == bindparam("of_record"), items.c.id != bindparam("of_item")),
    "of_record",
    "of_item",
)
_its_loans = select(loans.c.id).where(loans.c.item_id == bindparam("of_item"))
_forget_booking_loans = send(
    delete(booking_loans).where(booking_loans.c.loan_id.in_(_its_loans)), "of_item"
)
_delete = change(delete(items).where(items.c.id == bindparam("of_item")), "of_item")


def remove_item(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk | None,
    item: str,
    now: datetime,
    why: str = "",
) -> ItemRemoved | ItemNeeded | None:
    """Takes the item with this barcode out of the stock; None where no item has it.

    Its record stays, also without items (`circulation.records.changes.delete_record`). An item that
    is missing or in transit can go. `why` is kept with the event.
    """
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return None
    lock_queue(transaction, facts.record_id)
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    found = {
        ItemNeed.ON_LOAN: OPEN_LOAN.of(facts) is not None,
        ItemNeed.KEPT: stands_ready(transaction, facts),
        ItemNeed.MONEY: _owed(transaction, facts.id),
        ItemNeed.REFERENCES: any(
            each.count(transaction, facts.id)
            for each in _references()
            if each.fate is Fate.IN_THE_WAY
        ),
    }
    needs = tuple(need for need, is_there in found.items() if is_there)
    if needs:
        return ItemNeeded(known, needs)
    let_go_of_item(transaction, desk, facts, now)
    stay = stay_of_item(transaction, facts.id)
    if stay is not None:
        end_stay(transaction, desk, stay, now)
    _forget_booking_loans(transaction, facts.id)
    for each in _references():
        if each.fate is not Fate.IN_THE_WAY:
            each.act(transaction, facts.id)
    _delete(transaction, facts.id)
    update_holders(transaction, (facts.record_id,))
    write_event(
        transaction,
        EventKind.ITEM_REMOVED,
        desk,
        now,
        item_id=facts.id,
        before={
            "barcode": known.barcode,
            "record": known.record_id,
            "home": known.home_branch.id,
            "title": known.title,
        },
        after={"why": why} if why else None,
    )
    return ItemRemoved(known, not _others(transaction, facts.record_id, facts.id))
