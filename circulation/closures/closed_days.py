"""New dates where a changed calendar closes a branch on days on which it was open.

Loans that fall due on such days, and items that would leave the pickup shelf then, are treated as
those of a closure (`circulation.closures.closing`), but the rules are followed: due dates stay with
`closed_days = "keep"`, and with `within_card` they stay within the validity of the card. Days that
are past, and branches that another system looks after, are left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypedDict

from sqlalchemy import select

from catalogue.database import Statement, Transaction, many
from circulation.calendars.due_dates import end_of_day, local_date, start_of_day
from circulation.calendars.opening_hours import Calendar
from circulation.closures.redating import (
    IS_DATED,
    ClosedDays,
    FallingDue,
    NewDates,
    Redated,
    falling_due,
    give_new_dates,
    lock_items,
    on_shelf,
    redate,
)
from circulation.holds.schema import captures
from circulation.kernel.act import Act
from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp, read_set_up
from circulation.loans.schema import loans

Calendars = Mapping[int, Calendar]


class _Within(TypedDict):
    branch_id: int
    since: datetime
    until: datetime


class _Moment(NamedTuple):
    branch_id: int
    at: datetime


@many(_Moment)
def _due_moments(*, since: datetime) -> Statement:
    moments = select(loans.c.branch_id, loans.c.due.label("at")).where(
        *IS_DATED, loans.c.due >= since
    )
    return moments.distinct()


@many(_Moment)
def _shelf_moments(*, since: datetime) -> Statement:
    moments = select(captures.c.shelf_branch_id.label("branch_id"), captures.c.deadline.label("at"))
    is_kept = captures.c.released.is_(None)
    return moments.where(is_kept, captures.c.deadline >= since).distinct()


def find_new_dates(
    transaction: Transaction, set_up: SetUp, before: Calendars, after: Calendars, now: datetime
) -> list[NewDates]:
    """Return what falls on days that are open in the calendars `before` and closed in `after`.

    The calendars go by the branch's id; `set_up` has the rules and the branches.
    """
    changed = {
        branch_id
        for branch_id, calendar in after.items()
        if calendar != before.get(branch_id, calendar) and not set_up.elsewhere.has(branch_id, now)
    }
    if not changed:
        return []
    days: dict[int, set[date]] = defaultdict(set)
    earliest = start_of_day(local_date(now, "UTC") - timedelta(days=1), "UTC")
    for read in (_due_moments, _shelf_moments):
        for branch_id, at in read(transaction, since=earliest):
            if branch_id in changed:
                days[branch_id].add(local_date(at, after[branch_id].timezone))
    found = []
    for branch_id in sorted(days):
        old, new = before[branch_id], after[branch_id]
        today = local_date(now, new.timezone)
        closed = sorted(
            day
            for day in days[branch_id]
            if day >= today and old.is_open(day) and new.is_open(new.next_open_day(day))
            if not new.is_open(day)
        )
        if closed:
            branch = set_up.branches[branch_id]
            found.append(_new_dates(transaction, set_up, branch, new, closed, today))
    return found


def _new_dates(
    transaction: Transaction,
    set_up: SetUp,
    branch: Branch,
    calendar: Calendar,
    closed: Iterable[date],
    today: date,
) -> NewDates:
    periods: list[ClosedDays] = []
    due: list[Redated] = []
    kept: list[Redated] = []
    for day in closed:
        within = _Within(
            branch_id=branch.id,
            since=start_of_day(day, branch.timezone),
            until=end_of_day(day, branch.timezone),
        )
        lock_items(transaction, **within)
        falling = falling_due(transaction, **within)
        for loan, redated in zip(falling, redate(falling, calendar), strict=True):
            last = _last_moment(set_up, branch, loan, today)
            if last > loan.before:
                due.append(redated._replace(after=min(redated.after, last)))
        kept += redate(on_shelf(transaction, **within), calendar)
        if not periods or periods[-1].last < day:
            periods.append(_closed_around(calendar, day, today))
    return NewDates(branch, ("set_up", set_up.version), tuple(periods), tuple(due), tuple(kept))


def _last_moment(set_up: SetUp, branch: Branch, loan: FallingDue, today: date) -> datetime:
    """Return until when the rules let the loan last; its due date where they leave that alone."""
    terms = set_up.terms(branch.id, loan.category, loan.material_group)
    if terms.closed_days == "keep":
        return loan.before
    if not terms.within_card or loan.expires is None or loan.expires < today:
        return datetime.max.replace(tzinfo=loan.before.tzinfo)
    return end_of_day(loan.expires, branch.timezone)


def _closed_around(calendar: Calendar, day: date, today: date) -> ClosedDays:
    """Return the period of closed days, from today on, that the day belongs to."""
    first = day
    while first > today and not calendar.is_open(first - timedelta(days=1)):
        first -= timedelta(days=1)
    last = calendar.next_open_day(day) - timedelta(days=1)
    return ClosedDays(first, last, calendar.note_on(day))


def follow_calendars(act: Act, before: SetUp) -> None:
    """Give new dates to what falls on days that the changed set-up closes.

    Args:
        act: The act that has changed the set-up.
        before: The set-up before it was changed.
    """
    after = read_set_up(act.transaction)
    give_new_dates(
        act,
        find_new_dates(act.transaction, after, before.calendars, after.calendars, act.now),
    )
