"""The order of a queue, a hold's place in it, and how long it may take. Pure decisions.

The order is the key (class, priority, time placed, id) alone, and for a hold that staff have moved
the time from which it counts instead: it is total, it is the same
whenever it is asked for, and nothing has to be renumbered when a hold comes or goes. A hold that
is paused, not active yet, or whose patron is away is passed over and keeps its place.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import Enum

from circulation.holds.copies import Copy
from circulation.holds.facts import HoldFacts

#: The class of a hold that nobody has given another; a smaller one goes before it.
ORDINARY = 100

#: Days that an item spends between two borrowers: on the hold shelf and on the road.
HANDOVER_DAYS = 3
#: In how many days an item that is overdue will be back, for want of better knowledge.
OVERDUE_DAYS = 7
#: Nobody is told of a longer wait.
LONGEST_ESTIMATE = 3650


def since(hold: HoldFacts) -> datetime:
    """Since when it counts: since it was placed, unless staff have moved it."""
    return hold.queued or hold.placed


def order_key(hold: HoldFacts) -> tuple[int, int, datetime, int]:
    """Its place among the holds of its record: the smallest is served first."""
    return hold.queue_class, hold.priority, since(hold), hold.id


def is_within(day: date, first: date | None, last: date | None) -> bool:
    """Is the day in a pause? `first` None is no pause, `last` None is until further notice."""
    return first is not None and first <= day and (last is None or day <= last)


class PassedOver(Enum):
    """Why a hold that waits is passed over, and keeps its place."""

    NOT_ITS_TURN = "another of its set comes first"
    SET_IS_SERVED = "another of its set is being served"
    NOT_ACTIVE = "it is not active yet"
    OUT_OF_INTEREST = "its interest period is over"
    PAUSED = "it is paused"
    PATRON_AWAY = "the patron is away"


def passed_over(hold: HoldFacts, today: date) -> PassedOver | None:
    """Why the hold is not served today; None where it is, if its turn comes."""
    if hold.waits_for is not None:
        return PassedOver.NOT_ITS_TURN
    if hold.is_set_served:
        return PassedOver.SET_IS_SERVED
    if hold.activates is not None and today < hold.activates:
        return PassedOver.NOT_ACTIVE
    if hold.interest_until < today:
        return PassedOver.OUT_OF_INTEREST
    if is_within(today, hold.paused_from, hold.paused_until):
        return PassedOver.PAUSED
    if is_within(today, hold.absent_from, hold.absent_until):
        return PassedOver.PATRON_AWAY
    return None


def may_be_served(hold: HoldFacts, today: date) -> bool:
    """Is the hold one that an item may be bound to today?"""
    return hold.closed is None and not hold.is_bound and passed_over(hold, today) is None


def waiting(queue: Iterable[HoldFacts]) -> list[HoldFacts]:
    """Those that have no item yet, in order; paused ones are among them."""
    return sorted(
        (hold for hold in queue if hold.closed is None and not hold.is_bound), key=order_key
    )


def number_in_queue(queue: Iterable[HoldFacts], hold_id: int) -> int | None:
    """1 for the hold that is next; None for one that does not wait."""
    for number, hold in enumerate(waiting(queue), start=1):
        if hold.id == hold_id:
            return number
    return None


def number_to_serve(queue: Iterable[HoldFacts], hold: HoldFacts, today: date) -> int:
    """Which of those who can be served today the hold would be: 1 for the next. Whoever is passed
    over holds nobody up."""
    ahead = (other for other in waiting(queue) if order_key(other) < order_key(hold))
    return 1 + sum(passed_over(other, today) is None for other in ahead)


def first_day_from(hold: HoldFacts, day: date) -> date | None:
    """The day itself, or the first after it on which the hold may be served: when it is active,
    not paused, and its patron not away. None where nobody knows when that is."""
    day = max(day, hold.activates or day)
    pauses = ((hold.paused_from, hold.paused_until), (hold.absent_from, hold.absent_until))
    for first, last in sorted(pauses, key=lambda pause: pause[0] or date.max):
        if is_within(day, first, last):
            if last is None or last == date.max:
                return None
            day = last + timedelta(days=1)
    return day


def days_until_served(
    number: int, copies: Sequence[Copy], bound: int, loan_days: int, now: datetime
) -> int | None:
    """An estimate of the days until the hold at `number` is served; None where no copy can be.

    Each copy goes to the next in the queue when it is expected back, and comes back after a loan
    period and the hand-over. `bound` copies have a patron already, who has not fetched them yet.
    One on its way has yet to arrive. One that is kept for a booking, or in a theme that is not
    lent, is not counted: nobody knows when it can be had.
    """
    turn = loan_days + HANDOVER_DAYS
    free = []
    for copy in copies:
        if copy.stay_loan_days == 0:
            continue
        if copy.due is not None:
            days = (copy.due - now).days + 1
            free.append(days if copy.due >= now else OVERDUE_DAYS)
        elif copy.hold_id is not None and bound > 0:
            bound -= 1
            free.append(turn)
        else:
            free.append(0 if copy.transit_to_id is None else HANDOVER_DAYS)
    if not free:
        return None
    heapq.heapify(free)
    for _ in range(number - 1):
        soonest = heapq.heapreplace(free, free[0] + turn)
        if soonest > LONGEST_ESTIMATE:
            break
    return min(free[0] + (HANDOVER_DAYS if free[0] else 1), LONGEST_ESTIMATE)
