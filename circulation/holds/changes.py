"""What happens to holds, as rows with their events: binding an item, shelving, releasing, closing.

Callers hold the lock of the record's queue and, for a member of a set, of the set
(see `circulation.holds.facts`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from catalogue.database import Transaction, change, many, send
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.holds.facts import HoldFacts, holds_of_set, lock_hold_set, lock_shelf
from circulation.holds.schema import captures, fetches, hold_sets, holds
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.parts import Registry
from circulation.kernel.results import Desk
from circulation.kernel.set_up import SetUp


class HoldOutcome(Enum):
    """How a hold ended. The value is what `holds.outcome` holds."""

    FULFILLED = "fulfilled"  # the patron has borrowed what they waited for
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # the interest period ran out
    NOT_COLLECTED = "not_collected"
    UNOBTAINABLE = "unobtainable"  # the library cannot get it
    SUPERSEDED = "superseded"  # another one of the parallel set was served
    MERGED = "merged"  # two came to want the same, and the patron waits by the other already


class HoldChangedMeanwhile(RuntimeError):
    """A hold is not what it was under its lock: a lock was left out."""


_NEW = (
    "id",
    "record_id",
    "item_id",
    "part",
    "patron_id",
    "set_id",
    "waits_for",
    "pickup_branch_id",
    "queue_class",
    "priority",
    "placed",
    "activates",
    "interest_until",
)
#: Parameters in the order of the columns.
insert_hold = send(
    insert(holds).values(
        {holds.c[name]: bindparam(f"new_{name}", type_=holds.c[name].type) for name in _NEW}
    ),
    *(f"new_{name}" for name in _NEW),
)
insert_hold_set = send(
    insert(hold_sets).values(id=bindparam("new_id"), kind=bindparam("new_kind")),
    "new_id",
    "new_kind",
)
_close = change(
    update(holds)
    .where(holds.c.id == bindparam("hold_id"), holds.c.closed.is_(None))
    .values(closed=bindparam("new_closed"), outcome=bindparam("new_outcome")),
    "hold_id",
    "new_closed",
    "new_outcome",
)
#: Parameters: the hold, and the one that must be finished first (None for none).
set_waits_for = send(
    update(holds)
    .where(holds.c.id == bindparam("hold_id"))
    .values(waits_for=bindparam("new_waits_for", type_=holds.c.waits_for.type)),
    "hold_id",
    "new_waits_for",
)
#: What follows where a hold has ended without a loan: who has done it, which one, and when.
ENDED_IN_VAIN: Registry[Callable[[Transaction, Desk | None, int, datetime], None]] = Registry(
    "ends of holds"
)
_CHANGED = ("pickup_branch_id", "activates", "interest_until", "paused_from", "paused_until")
_change_hold = send(
    update(holds)
    .where(holds.c.id == bindparam("hold_id"))
    .values(
        {holds.c[name]: bindparam(f"new_{name}", type_=holds.c[name].type) for name in _CHANGED}
    ),
    "hold_id",
    *(f"new_{name}" for name in _CHANGED),
)
_set_wanted = send(
    update(holds)
    .where(holds.c.id == bindparam("hold_id"))
    .values(item_id=None, part=bindparam("new_part")),
    "hold_id",
    "new_part",
)
_insert_capture = send(
    insert(captures).values(
        hold_id=bindparam("new_hold_id"),
        item_id=bindparam("new_item_id"),
        patron_id=bindparam("new_patron_id"),
        captured=bindparam("new_captured"),
    ),
    "new_hold_id",
    "new_item_id",
    "new_patron_id",
    "new_captured",
)
_ON_SHELF = ("shelf_branch_id", "number", "shelved", "deadline")
_set_shelf = send(
    update(captures)
    .where(captures.c.hold_id == bindparam("of_hold_id"))
    .values(
        {
            captures.c[name]: bindparam(f"new_{name}", type_=captures.c[name].type)
            for name in _ON_SHELF
        }
    ),
    "of_hold_id",
    *(f"new_{name}" for name in _ON_SHELF),
)
#: Parameters: the hold, and until when its item is kept on the shelf where it is.
set_deadline = send(
    update(captures)
    .where(captures.c.hold_id == bindparam("of_hold_id"))
    .values(deadline=bindparam("new_deadline", type_=captures.c.deadline.type)),
    "of_hold_id",
    "new_deadline",
)
_set_released = send(
    update(captures)
    .where(captures.c.hold_id == bindparam("of_hold_id"))
    .values(released=bindparam("new_released")),
    "of_hold_id",
    "new_released",
)
_delete_capture = send(
    delete(captures).where(captures.c.hold_id == bindparam("of_hold_id")), "of_hold_id"
)
_numbers: Callable[..., list[Any]] = many(
    select(captures.c.number).where(captures.c.shelf_branch_id == bindparam("branch_id")),
    None,
    "branch_id",
)
_forget_fetch = send(delete(fetches).where(fetches.c.item_id == bindparam("item_id")), "item_id")


class Shelved(NamedTuple):
    """A place on a hold shelf, and until when it is kept."""

    number: int
    deadline: datetime


def _event(
    transaction: Transaction,
    kind: EventKind,
    desk: Desk | None,
    hold: HoldFacts,
    now: datetime,
    *,
    item_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    write_event(
        transaction,
        kind,
        desk,
        now,
        hold_id=hold.id,
        patron_id=hold.patron_id,
        item_id=item_id,
        before=before,
        after=after,
    )


def bind(
    transaction: Transaction, desk: Desk, hold: HoldFacts, item_id: int, now: datetime
) -> None:
    """The item is this hold's from now on. One that lies on a shelf for it still is given up."""
    if hold.captured_item_id is not None:
        _delete_capture(transaction, hold.id)
    _insert_capture(transaction, hold.id, item_id, hold.patron_id, now)
    _forget_fetch(transaction, item_id)
    _event(transaction, EventKind.HOLD_CAPTURED, desk, hold, now, item_id=item_id)


def pickup_deadline(hold: HoldFacts, set_up: SetUp, material_group: str, now: datetime) -> datetime:
    """Until when an item shelved now is kept: the end of a day on which the branch is open."""
    branch = set_up.branches[hold.pickup_branch_id]
    terms = set_up.terms(branch.id, hold.patron_category, material_group)
    last = local_date(now, branch.timezone) + timedelta(days=terms.pickup_days)
    return end_of_day(set_up.calendars[branch.id].next_open_day(last), branch.timezone)


def shelve(
    transaction: Transaction,
    desk: Desk,
    hold: HoldFacts,
    item_id: int,
    deadline: datetime,
    now: datetime,
) -> Shelved:
    """Gives the item a place on the hold shelf of the pickup branch: the lowest number free."""
    branch_id = hold.pickup_branch_id
    lock_shelf(transaction, branch_id)
    taken = {row[0] for row in _numbers(transaction, branch_id)}
    number = next(number for number in range(1, len(taken) + 2) if number not in taken)
    _set_shelf(transaction, hold.id, branch_id, number, now, deadline)
    _event(
        transaction,
        EventKind.HOLD_SHELVED,
        desk,
        hold,
        now,
        item_id=item_id,
        after={"number": number, "branch": branch_id, "deadline": deadline.isoformat()},
    )
    return Shelved(number, deadline)


def take_off_shelf(transaction: Transaction, hold: HoldFacts) -> None:
    """The item is in somebody's hand again, still bound to the hold."""
    _set_shelf(transaction, hold.id, None, None, None, None)


def forget_item(transaction: Transaction, hold: HoldFacts) -> None:
    """The item that was bound, or lay on the shelf, for the hold does so no more."""
    _delete_capture(transaction, hold.id)


def release(transaction: Transaction, desk: Desk | None, hold: HoldFacts, now: datetime) -> None:
    """The hold needs its item no more. One on a shelf lies there until it is taken away."""
    if not hold.is_bound:
        return
    if hold.shelved is None:
        _delete_capture(transaction, hold.id)
    else:
        _set_released(transaction, hold.id, now)
    _event(transaction, EventKind.HOLD_RELEASED, desk, hold, now, item_id=hold.captured_item_id)


def close(
    transaction: Transaction,
    desk: Desk | None,
    hold: HoldFacts,
    outcome: HoldOutcome,
    now: datetime,
    *,
    item_id: int | None = None,
) -> None:
    """Ends the hold and what follows from it.

    The other members of a parallel set end with one that was fulfilled or stood ready in vain.
    In a serial set whatever waited for this hold goes on. `item_id` is the item that fulfilled it.
    """
    if _close(transaction, hold.id, now, outcome.value) != 1:
        raise HoldChangedMeanwhile(f"hold {hold.id} is closed already")
    _event(
        transaction,
        EventKind.HOLD_CLOSED,
        desk,
        hold,
        now,
        item_id=item_id,
        after={"outcome": outcome.name},
    )
    if outcome in _IN_VAIN:
        for follow in ENDED_IN_VAIN:
            follow(transaction, desk, hold.id, now)
    if hold.set_id is None:
        return
    lock_hold_set(transaction, hold.set_id)
    for other in holds_of_set(transaction, hold.set_id):
        if other.waits_for == hold.id:
            set_waits_for(transaction, other.id, hold.waits_for)
            if hold.waits_for is None:
                _event(transaction, EventKind.HOLD_ACTIVATED, desk, other, now)
        elif hold.set_kind == "parallel" and outcome in _SERVED:
            release(transaction, desk, other, now)
            if _close(transaction, other.id, now, HoldOutcome.SUPERSEDED.value) != 1:
                raise HoldChangedMeanwhile(f"hold {other.id} is closed already")
            _event(
                transaction,
                EventKind.HOLD_CLOSED,
                desk,
                other,
                now,
                after={"outcome": HoldOutcome.SUPERSEDED.name, "served": hold.id},
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


def write_changes(
    transaction: Transaction, desk: Desk, old: HoldFacts, new: HoldFacts, now: datetime
) -> None:
    """Stores what is different in `new` of branch, dates and pause; an event if anything is."""
    before, after = (
        {name: value for name in _CHANGED if (value := getattr(one, name)) != getattr(other, name)}
        for one, other in ((old, new), (new, old))
    )
    if not after:
        return
    _change_hold(transaction, new.id, *(getattr(new, name) for name in _CHANGED))
    _event(
        transaction,
        EventKind.HOLD_CHANGED,
        desk,
        new,
        now,
        before={name: _plain(value) for name, value in before.items()},
        after={name: _plain(value) for name, value in after.items()},
    )


def ask_for_title(
    transaction: Transaction, desk: Desk | None, hold: HoldFacts, part: str, now: datetime
) -> None:
    """A hold on one item asks for any of the title from now on, or of that part of it."""
    _set_wanted(transaction, hold.id, part)
    before = {"item": hold.item_barcode, "part": hold.part}
    after = {"item": None, "part": part}
    _event(transaction, EventKind.HOLD_CHANGED, desk, hold, now, before=before, after=after)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
