"""Pickup branches that are closed in an emergency: where their copies wait, or go instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from circulation.calendars.due_dates import local_date, start_of_day
from circulation.holds.copies import Copy
from circulation.holds.facts import HoldFacts
from circulation.holds.targeting import Target, can_serve
from circulation.kernel.set_up import SetUp


def is_closed(set_up: SetUp, branch_id: int, now: datetime) -> bool:
    """Return whether the branch is closed in an emergency today."""
    return reopens(set_up, branch_id, now) is not None


def reopens(set_up: SetUp, branch_id: int, now: datetime) -> date | None:
    """Return the first open day after today's emergency closure; None where there is no closure."""
    calendar = set_up.calendars[branch_id]
    today = local_date(now, calendar.timezone)
    closures = calendar.closures_on(today)
    if not closures:
        return None
    end = max(closure.last for closure in closures)
    return max(calendar.next_open_day(today), end + timedelta(days=1))


def opening_after_closure(set_up: SetUp, branch_id: int | None, at: datetime) -> datetime | None:
    """Return from when a branch closed in an emergency can be visited; None where it is open."""
    if branch_id is None or branch_id not in set_up.branches:
        return None
    day = reopens(set_up, branch_id, at)
    return None if day is None else start_of_day(day, set_up.branches[branch_id].timezone)


def redirect(
    hold: HoldFacts, copies: Iterable[Target | Copy], set_up: SetUp, now: datetime
) -> HoldFacts:
    """Return the hold with the alternative pickup branch that its branch's closure names.

    The hold is returned unchanged where the closure names none, the alternative is closed too, or
    no copy may be kept there.
    """
    calendar = set_up.calendars[hold.pickup_branch_id]
    if not calendar.closures:
        return hold
    alternative_id = alternative_of(
        set_up, hold.pickup_branch_id, local_date(now, calendar.timezone)
    )
    if alternative_id is None:
        return hold
    redirected = hold._replace(pickup_branch_id=alternative_id)
    is_possible = any(can_serve(copy, redirected, set_up) for copy in copies)
    return redirected if is_possible else hold


def alternative_of(set_up: SetUp, branch_id: int, day: date) -> int | None:
    """Return the alternative that the branch's closures name for the day.

    One that is not closed itself; of several closures that of the last.
    """
    for closure in reversed(set_up.calendars[branch_id].closures_on(day)):
        alternative = set_up.calendars.get(closure.alternative_id or 0)
        if alternative is not None and not alternative.closures_on(day):
            return closure.alternative_id
    return None


def next_pickup_day(hold: HoldFacts, copies: Sequence[Copy], set_up: SetUp, day: date) -> date:
    """Return the first day from `day` on which the hold can be fetched, if a copy is there then."""
    calendar = set_up.calendars[hold.pickup_branch_id]
    alternative_id = alternative_of(set_up, hold.pickup_branch_id, day)
    if alternative_id is not None:
        redirected = hold._replace(pickup_branch_id=alternative_id)
        if not copies or any(can_serve(copy, redirected, set_up) for copy in copies):
            calendar = set_up.calendars[alternative_id]
    return calendar.next_open_day(day)
