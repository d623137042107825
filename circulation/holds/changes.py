"""What happens to holds, as rows with their events: binding an item, shelving, releasing, closing.

Callers hold the lock of the record's queue and, for a member of a set, of the set
(see `circulation.holds.facts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, change, scalars, send
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.holds.facts import HoldFacts, holds_of_set, lock_hold_set, lock_shelf
from circulation.holds.schema import captures, fetches, hold_sets, holds
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.set_up import SetUp


class HoldOutcome(Enum):
    """How a hold ended. The value is what `holds.outcome` holds."""

    FULFILLED = "fulfilled"  # the patron has borrowed what they waited for
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # the interest period ran out
    NOT_COLLECTED = "not_collected"
    UNOBTAINABLE = "unobtainable"  # the library cannot get it
    SUPERSEDED = "superseded"  # another one of the parallel set was served
    MERGED = "merged"  # after a merge the patron waits for the same title by another


class HoldChangedMeanwhile(RuntimeError):
    """A hold is not what it was under its lock: a lock was left out."""


@send
def insert_hold(
    *,
    hold_id: int,
    record_id: int | None,
    item_id: int | None,
    part: str,
    patron_id: int,
    set_id: int | None,
    waits_for: int | None,
    pickup_branch_id: int,
    is_forced: bool,
    queue_class: int,
    priority: int,
    placed: datetime,
    activates: date | None,
    interest_until: date,
) -> Statement:
    given = locals()
    return insert(holds).values(id=given.pop("hold_id"), **given)


@send
def insert_hold_set(*, set_id: int, kind: str) -> Statement:
    return insert(hold_sets).values(id=set_id, kind=kind)


@change
def _close(*, hold_id: int, closed: datetime | None, outcome: str | None) -> Statement:
    return (
        update(holds)
        .where(holds.c.id == hold_id, holds.c.closed.is_(None))
        .values(closed=closed, outcome=outcome)
    )


@send
def set_waits_for(*, hold_id: int, waits_for: int | None) -> Statement:
    """Says which hold must be finished first; None for none."""
    return update(holds).where(holds.c.id == hold_id).values(waits_for=waits_for)


#: What follows where a hold, given by its number, has ended without a loan.
ENDED_IN_VAIN: Registry[Callable[[Act, int], None]] = Registry("holds.changes:ENDED_IN_VAIN")


@send
def _change_hold(
    *,
    hold_id: int,
    pickup_branch_id: int,
    activates: date | None,
    interest_until: date,
    paused_from: date | None,
    paused_until: date | None,
) -> Statement:
    given = locals()
    return update(holds).where(holds.c.id == given.pop("hold_id")).values(given)


@send
def _set_wanted(*, hold_id: int, part: str) -> Statement:
    return update(holds).where(holds.c.id == hold_id).values(item_id=None, part=part)


@send
def _insert_capture(*, hold_id: int, item_id: int, patron_id: int, captured: datetime) -> Statement:
    return insert(captures).values(locals())


@send
def _set_shelf(
    *,
    hold_id: int,
    shelf_branch_id: int | None,
    number: int | None,
    shelved: datetime | None,
    deadline: datetime | None,
) -> Statement:
    given = locals()
    return update(captures).where(captures.c.hold_id == given.pop("hold_id")).values(given)


@send
def set_deadline(*, hold_id: int, deadline: datetime | None) -> Statement:
    """Says until when the item of the hold is kept on the shelf where it is."""
    return update(captures).where(captures.c.hold_id == hold_id).values(deadline=deadline)


@send
def _set_released(*, hold_id: int, released: datetime | None) -> Statement:
    return update(captures).where(captures.c.hold_id == hold_id).values(released=released)


@send
def _delete_capture(*, hold_id: int) -> Statement:
    return delete(captures).where(captures.c.hold_id == hold_id)


@scalars(int)
def _numbers(*, branch_id: int) -> Statement:
    return select(captures.c.number).where(captures.c.shelf_branch_id == branch_id)


@send
def _forget_fetch(*, item_id: int) -> Statement:
    return delete(fetches).where(fetches.c.item_id == item_id)


class Shelved(NamedTuple):
    """A place on a hold shelf, and until when it is kept."""

    number: int
    deadline: datetime


def _event(act: Act, kind: EventKind, hold: HoldFacts, **told: Any) -> None:
    """`told` are further fields of `NewEvent`."""
    append_event(act, NewEvent(kind, hold_id=hold.id, patron_id=hold.patron_id, **told))


def bind(act: Act, hold: HoldFacts, item_id: int) -> None:
    """The item is bound to this hold from now on. One still on a shelf for it is given up."""
    transaction, now = act.transaction, act.now
    if hold.captured_item_id is not None:
        _delete_capture(transaction, hold_id=hold.id)
    _insert_capture(
        transaction, hold_id=hold.id, item_id=item_id, patron_id=hold.patron_id, captured=now
    )
    _forget_fetch(transaction, item_id=item_id)
    _event(act, EventKind.HOLD_CAPTURED, hold, item_id=item_id)


def pickup_deadline(hold: HoldFacts, set_up: SetUp, material_group: str, now: datetime) -> datetime:
    """Until when an item shelved now is kept: the end of a day on which the branch is open.

    The days of an emergency closure are not counted.
    """
    branch = set_up.branches[hold.pickup_branch_id]
    calendar = set_up.calendars[branch.id]
    terms = set_up.terms(branch.id, hold.patron_category, material_group)
    first = local_date(now, branch.timezone)
    if calendar.closures_on(first):
        first = calendar.next_open_day(first)
    last = first + timedelta(days=terms.pickup_days)
    return end_of_day(calendar.next_open_day(last), branch.timezone)


def shelve(
    act: Act, hold: HoldFacts, item_id: int, deadline: datetime, at: datetime | None = None
) -> Shelved:
    """Gives the item a place on the hold shelf of the pickup branch: the lowest free number.

    `at` is since when it has been there, where that was told later.
    """
    transaction, now = act.transaction, act.now
    branch_id = hold.pickup_branch_id
    lock_shelf(transaction, branch_id=branch_id)
    taken = set(_numbers(transaction, branch_id=branch_id))
    number = next(number for number in range(1, len(taken) + 2) if number not in taken)
    _set_shelf(
        transaction,
        hold_id=hold.id,
        shelf_branch_id=branch_id,
        number=number,
        shelved=now,
        deadline=deadline,
    )
    _event(
        act,
        EventKind.HOLD_SHELVED,
        hold,
        item_id=item_id,
        after={"number": number, "branch": branch_id, "deadline": deadline.isoformat()},
        at=at,
    )
    return Shelved(number, deadline)


def take_off_shelf(transaction: Transaction, hold: HoldFacts) -> None:
    """The item is in somebody's hand again, still bound to the hold."""
    _set_shelf(
        transaction, hold_id=hold.id, shelf_branch_id=None, number=None, shelved=None, deadline=None
    )


def forget_item(transaction: Transaction, hold: HoldFacts) -> None:
    """The item is no longer bound to the hold, nor on the shelf for it."""
    _delete_capture(transaction, hold_id=hold.id)


def release(act: Act, hold: HoldFacts) -> None:
    """The hold no longer needs its item. One on a shelf stays there until it is taken away."""
    transaction, now = act.transaction, act.now
    if not hold.is_bound:
        return
    if hold.shelved is None:
        _delete_capture(transaction, hold_id=hold.id)
    else:
        _set_released(transaction, hold_id=hold.id, released=now)
    _event(act, EventKind.HOLD_RELEASED, hold, item_id=hold.captured_item_id)


def close(act: Act, hold: HoldFacts, outcome: HoldOutcome, *, item_id: int | None = None) -> None:
    """Ends the hold and what follows from it.

    The other members of a parallel set end with one that was fulfilled or stood ready in vain.
    In a serial set whatever waited for this hold goes on. `item_id` is the item that fulfilled it.
    """
    transaction, now = act.transaction, act.now
    if _close(transaction, hold_id=hold.id, closed=now, outcome=outcome.value) != 1:
        raise HoldChangedMeanwhile(f"hold {hold.id} is closed already")
    _event(act, EventKind.HOLD_CLOSED, hold, item_id=item_id, after={"outcome": outcome.name})
    if outcome in _IN_VAIN:
        for follow in ENDED_IN_VAIN:
            follow(act, hold.id)
    if hold.set_id is None:
        return
    lock_hold_set(transaction, set_id=hold.set_id)
    for other in holds_of_set(transaction, set_id=hold.set_id):
        if other.waits_for == hold.id:
            set_waits_for(transaction, hold_id=other.id, waits_for=hold.waits_for)
            if hold.waits_for is None:
                _event(act, EventKind.HOLD_ACTIVATED, other)
        elif hold.set_kind == "parallel" and outcome in _SERVED:
            release(act, other)
            superseded = HoldOutcome.SUPERSEDED
            if _close(transaction, hold_id=other.id, closed=now, outcome=superseded.value) != 1:
                raise HoldChangedMeanwhile(f"hold {other.id} is closed already")
            _event(
                act,
                EventKind.HOLD_CLOSED,
                other,
                after={"outcome": superseded.name, "served": hold.id},
            )


_SERVED = frozenset({HoldOutcome.FULFILLED, HoldOutcome.NOT_COLLECTED})
_IN_VAIN = frozenset(
    {
        HoldOutcome.CANCELLED,
        HoldOutcome.EXPIRED,
        HoldOutcome.NOT_COLLECTED,
        HoldOutcome.UNOBTAINABLE,
    }
)


#: In the event of a hold that goes to another branch because its own is closed: that branch.
CLOSED_BRANCH = "closed_branch"
_CHANGED = ("pickup_branch_id", "activates", "interest_until", "paused_from", "paused_until")


def write_changes(act: Act, old: HoldFacts, new: HoldFacts, **why: int) -> None:
    """Stores what is different in `new` of branch, dates and pause; an event if anything is.

    `why` are further facts of the event, such as `CLOSED_BRANCH`.
    """
    transaction = act.transaction
    before, after = (
        {name: value for name in _CHANGED if (value := getattr(one, name)) != getattr(other, name)}
        for one, other in ((old, new), (new, old))
    )
    if not after:
        return
    wanted = {name: getattr(new, name) for name in _CHANGED}
    _change_hold(transaction, hold_id=new.id, **wanted)
    note_change(
        act,
        new,
        before={name: _plain(value) for name, value in before.items()},
        after={name: _plain(value) for name, value in after.items()} | why,
    )


def ask_for_title(act: Act, hold: HoldFacts, part: str) -> None:
    """A hold on one item asks for any of the title from now on, or of that part of it."""
    transaction = act.transaction
    _set_wanted(transaction, hold_id=hold.id, part=part)
    before = {"item": hold.item_barcode, "part": hold.part}
    after = {"item": None, "part": part}
    note_change(act, hold, before=before, after=after)


def note_change(
    act: Act, hold: HoldFacts, *, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """The event of a hold that is another than it was."""
    _event(act, EventKind.HOLD_CHANGED, hold, before=before, after=after)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
