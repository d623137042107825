"""New dates for open loans and items on pickup shelves, where a branch is closed on the old ones.

Nothing is ever brought forward. What sends patrons messages of their new dates joins `DATES_MOVED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update

from catalogue.database import Statement, columns, lock, many, send_many
from catalogue.schema import items
from circulation.calendars.due_dates import moved_past_closing
from circulation.calendars.opening_hours import Calendar
from circulation.holds.schema import captures
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.results import Branch
from circulation.loans.schema import loans
from circulation.patrons.schema import patrons


class Redated(NamedTuple):
    """Something that gets a new date: a loan (`id`) or an item kept for a hold (`id`)."""

    id: int
    item_id: int
    barcode: str
    patron_id: int
    before: datetime
    after: datetime


class ClosedDays(NamedTuple):
    """The days on which a branch is closed, both included, and the reason for patrons to read."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class NewDates:
    """What gets new dates because a branch is closed.

    `cause` is what has closed it, for the events: ``("closure", 7)`` or ``("set_up", 12)``, the
    version.
    """

    branch: Branch
    cause: tuple[str, int]
    periods: tuple[ClosedDays, ...]
    loans: tuple[Redated, ...]
    pickups: tuple[Redated, ...]


#: Called with all dates that one act has moved, if there are any.
DATES_MOVED: Registry[Callable[[Act, Sequence[NewDates]], None]] = Registry(
    "closures.redating:DATES_MOVED"
)


class FallingDue(NamedTuple):
    """A loan that falls due, and what the rules ask of it."""

    id: int
    item_id: int
    barcode: str
    patron_id: int
    before: datetime
    material_group: str
    category: str
    expires: date | None


class OnShelf(NamedTuple):
    """An item on a pickup shelf whose deadline comes; `id` is the hold."""

    id: int
    item_id: int
    barcode: str
    patron_id: int
    before: datetime


class _NewDate(NamedTuple):
    id: int
    before: datetime
    after: datetime


#: Of loans that are open: what is lost or claimed comes back on no date.
IS_DATED = (loans.c.checked_in.is_(None), loans.c.mark.is_(None))


def _falls_due(branch_id: int, since: datetime, until: datetime) -> Any:
    return (
        loans.c.branch_id == branch_id,
        *IS_DATED,
        loans.c.due >= since,
        loans.c.due <= until,
    )


@lock
def lock_items(*, branch_id: int, since: datetime, until: datetime) -> Statement:
    """Lock the items of the branch's loans that fall due from `since` to `until`."""
    return (
        select(items.c.id)
        .where(items.c.id.in_(select(loans.c.item_id).where(*_falls_due(branch_id, since, until))))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


@many(FallingDue)
def falling_due(*, branch_id: int, since: datetime, until: datetime) -> Statement:
    """Return the branch's loans that fall due from `since` to `until`, the earliest first."""
    named = {"id": loans.c.id, "before": loans.c.due, "material_group": loans.c.material_group}
    named |= {"category": patrons.c.category, "expires": patrons.c.expires}
    of_items = loans.join(items, items.c.id == loans.c.item_id)
    return (
        select(*columns(FallingDue, loans, items, **named))
        .select_from(of_items.join(patrons, patrons.c.id == loans.c.patron_id))
        .where(*_falls_due(branch_id, since, until))
        .order_by(loans.c.due, loans.c.id)
    )


@many(OnShelf)
def on_shelf(*, branch_id: int, since: datetime, until: datetime) -> Statement:
    """Return what would leave the branch's pickup shelf from `since` to `until`."""
    named = {"id": captures.c.hold_id, "before": captures.c.deadline}
    return (
        select(*columns(OnShelf, captures, items, **named))
        .select_from(captures.join(items, items.c.id == captures.c.item_id))
        .where(
            captures.c.shelf_branch_id == branch_id,
            captures.c.released.is_(None),
            captures.c.deadline >= since,
            captures.c.deadline <= until,
        )
        .order_by(captures.c.deadline, captures.c.hold_id)
    )


@send_many
def _move_loans(record: _NewDate) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == record.id, loans.c.checked_in.is_(None), loans.c.due == record.before)
        .values(due=record.after)
    )


@send_many
def _move_pickups(record: _NewDate) -> Statement:
    return (
        update(captures)
        .where(captures.c.hold_id == record.id, captures.c.deadline == record.before)
        .values(deadline=record.after)
    )


def redate(found: Iterable[FallingDue | OnShelf], calendar: Calendar) -> tuple[Redated, ...]:
    """Return the found with their next dates on which the branch of the calendar is open."""
    return tuple(Redated(*each[:5], moved_past_closing(each.before, calendar)) for each in found)


def give_new_dates(act: Act, moved: Sequence[NewDates]) -> None:
    """Store the new dates, each with an event, and have the patrons sent messages."""
    moved = [each for each in moved if each.loans or each.pickups]
    for each in moved:
        _store(act, each)
    if moved:
        for follow in DATES_MOVED:
            follow(act, moved)


def _store(act: Act, moved: NewDates) -> None:
    for store, redated in ((_move_loans, moved.loans), (_move_pickups, moved.pickups)):
        store(act.transaction, [_NewDate(each.id, each.before, each.after) for each in redated])
    name, number = moved.cause
    for each in moved.loans:
        append_event(
            act,
            NewEvent(
                EventKind.LOAN_REDATED,
                item_id=each.item_id,
                patron_id=each.patron_id,
                loan_id=each.id,
                before={"due": each.before.isoformat()},
                after={"due": each.after.isoformat(), name: number},
            ),
        )
    for each in moved.pickups:
        append_event(
            act,
            NewEvent(
                EventKind.HOLD_CHANGED,
                item_id=each.item_id,
                patron_id=each.patron_id,
                hold_id=each.id,
                before={"deadline": each.before.isoformat()},
                after={"deadline": each.after.isoformat(), name: number},
            ),
        )
