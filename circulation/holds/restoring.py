"""Holds as they were before a check-out or check-in that is undone.

Nothing is forced: where a hold has gone on to something else meanwhile (another item is bound to
it, the patron has placed it anew), that stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from catalogue.database import Statement, change, scalar, scalars, send
from circulation.holds.changes import (
    HoldOutcome,
    forget_item,
    release,
    set_waits_for,
    shelve,
    write_changes,
)
from circulation.holds.facts import (
    HoldFacts,
    hold_facts,
    hold_of_item,
    holds_of_record,
    holds_of_set,
    known_hold,
    lock_own_set,
    lock_queue,
    lock_shelf,
)
from circulation.holds.part import WAITED_FOR
from circulation.holds.schema import captures, holds
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.loans.undo import UndoCase, UndoFeature


@change
def _reopen(*, hold_id: int, was_closed: datetime) -> Statement:
    return (
        update(holds)
        .where(holds.c.id == hold_id, holds.c.closed == was_closed)
        .values(closed=None, outcome=None)
    )


@send
def _keep_on_shelf(*, hold_id: int, was: datetime) -> Statement:
    return (
        update(captures)
        .where(captures.c.hold_id == hold_id, captures.c.released == was)
        .values(released=None)
    )


@scalars(int)
def _superseded(*, set_id: int, was_closed: datetime) -> Statement:
    return select(holds.c.id).where(
        holds.c.set_id == set_id,
        holds.c.outcome == HoldOutcome.SUPERSEDED.value,
        holds.c.closed == was_closed,
    )


_IMAGE = ("captured", "shelf_branch_id", "number", "shelved", "deadline", "released")
_MOMENTS = frozenset({"captured", "shelved", "deadline", "released"})


@send
def _insert_capture(
    *,
    hold_id: int,
    item_id: int,
    patron_id: int,
    captured: datetime,
    shelf_branch_id: int | None,
    number: int | None,
    shelved: datetime | None,
    deadline: datetime | None,
    released: datetime | None,
) -> Statement:
    return insert(captures).values(locals())


@scalar(int)
def _item_on_place(*, branch_id: int, number: int) -> Statement:
    return select(captures.c.item_id).where(
        captures.c.shelf_branch_id == branch_id, captures.c.number == number
    )


def capture_image(hold: HoldFacts) -> dict[str, Any]:
    """The binding of an item to a hold as JSON, for `restore_capture`."""
    image: dict[str, Any] = {"hold": hold.id}
    for name in _IMAGE:
        value = getattr(hold, name)
        image[name] = value.isoformat() if isinstance(value, datetime) else value
    return image


def restore_holds(act: Act, record_id: int, hold_id: int | None, closed: datetime) -> None:
    """Reopens the hold that a loan fulfilled at `closed`, and what ended or went on with it."""
    transaction = act.transaction
    lock_queue(transaction, record_id=record_id)
    hold = None if hold_id is None else hold_facts(transaction, hold_id=hold_id)
    hold = lock_own_set(transaction, hold)
    if hold is None:
        return
    if not _open_again(act, hold, closed) or hold.set_id is None:
        return
    for other_id in _superseded(transaction, set_id=hold.set_id, was_closed=closed):
        _open_again(act, known_hold(transaction, other_id), closed)
    if hold.set_kind == "serial":
        for other in holds_of_set(transaction, set_id=hold.set_id):
            if other.id != hold.id and other.waits_for == hold.waits_for:
                set_waits_for(transaction, hold_id=other.id, waits_for=hold.id)


def _open_again(act: Act, hold: HoldFacts, closed: datetime) -> bool:
    transaction = act.transaction
    key = (hold.patron_id, hold.part)
    queue = holds_of_record(transaction, record_id=hold.record_id)
    if any((other.patron_id, other.part) == key for other in queue):
        return False  # placed anew meanwhile
    if not _reopen(transaction, hold_id=hold.id, was_closed=closed):
        return False
    _keep_on_shelf(transaction, hold_id=hold.id, was=closed)
    append_event(
        act,
        NewEvent(
            EventKind.HOLD_REOPENED,
            hold_id=hold.id,
            patron_id=hold.patron_id,
            before={"outcome": HoldOutcome(hold.outcome).name},
        ),
    )
    return True


def restore_capture(act: Act, item_id: int, image: dict[str, Any]) -> None:
    """Binds the item to the hold again, in its place on the shelf if that is still free."""
    transaction = act.transaction
    hold = hold_facts(transaction, hold_id=image["hold"])
    if hold is None or hold.captured_item_id is not None:
        return
    if image["released"] is None and hold.closed is not None:
        return
    values: dict[str, Any] = {
        name: datetime.fromisoformat(image[name])
        if name in _MOMENTS and image[name]
        else image[name]
        for name in _IMAGE
    }
    deadline = values["deadline"]
    is_taken = False
    if values["number"] is not None:
        branch_id = values["shelf_branch_id"]
        lock_shelf(transaction, branch_id=branch_id)
        on_place = _item_on_place(transaction, branch_id=branch_id, number=values["number"])
        is_taken = on_place is not None
    if is_taken:
        values |= dict.fromkeys(("shelf_branch_id", "number", "shelved", "deadline"))
    _insert_capture(
        transaction, hold_id=hold.id, item_id=item_id, patron_id=hold.patron_id, **values
    )
    if is_taken and deadline is not None and values["released"] is None:
        shelve(act, hold, item_id, deadline)


def restore_pickup(case: UndoCase, hold: HoldFacts) -> None:
    """Give the hold the pickup branch back that the check-in has changed."""
    was, given = (image.get("pickup_branch") for image in (case.undone.before, case.undone.after))
    if was is not None and hold.closed is None and hold.pickup_branch_id == given:
        write_changes(case.act, hold, hold._replace(pickup_branch_id=was))


def release_item(case: UndoCase) -> None:
    """The item serves no hold after all: its patron waits again, in the old place."""
    act, item_id = case.act, case.item.id
    transaction = act.transaction
    lock_queue(transaction, record_id=case.item.record_id)
    hold = lock_own_set(transaction, hold_of_item(transaction, item_id=item_id))
    if hold is None:
        return
    release(act, hold)
    forget_item(transaction, hold)
    restore_pickup(case, hold)


class HoldsAtUndo(UndoFeature):
    def undo_loan(self, case: UndoCase) -> None:
        undone, item = case.undone, case.item
        restore_holds(case.act, item.record_id, undone.hold_id, undone.recorded or undone.at)
        if "capture" in undone.before:
            restore_capture(case.act, item.id, undone.before["capture"])

    def undo_return(self, case: UndoCase) -> None:
        waited_for = WAITED_FOR.of(case.item)
        if waited_for is not None and waited_for.hold_id is not None:
            release_item(case)
