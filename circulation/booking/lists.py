"""Looking at bookings: whose, of what, and how many copies are free on which days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from catalogue.database import Transaction
from circulation.booking.capacity import free_by_day, pools_of
from circulation.booking.facts import (
    BookingFacts,
    bookings_of_branch,
    bookings_of_patron,
    bookings_of_record,
    pool_copies,
    supplies_of_booking,
    title_facts,
)
from circulation.booking.results import Booking, DayFree, booking_of
from circulation.calendars.due_dates import local_date
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Branch

#: The longest stretch of a calendar that is shown at once.
MOST_DAYS = 400


def availability_calendar(
    circulation: Circulation,
    transaction: Transaction,
    *,
    record_id: int,
    first: date,
    last: date,
    now: datetime,
    category: str = "",
    suppliers: list[Branch] | None = None,
) -> list[DayFree]:
    """How many copies of the title can be booked on each day from `first` through `last`.

    As patrons of `category` see it: copies that they may not book are left out. `suppliers` None
    is all branches. A booking also needs the days before and after it that its branch takes.
    Raises ValueError for a period that ends before it begins or is longer than `MOST_DAYS`.
    """
    if not first <= last or (last - first) >= timedelta(days=MOST_DAYS):
        raise ValueError(f"a calendar shows 1 to {MOST_DAYS} days")
    set_up = circulation.current_set_up(transaction)
    title = title_facts(transaction, record_id)
    copies = pool_copies(set_up, title.copies)
    supplies = [facts.supply() for facts in title.supplies]
    asked = {branch.id for branch in suppliers} if suppliers is not None else set(set_up.branches)
    days: dict[date, dict[str, int]] = {
        first + timedelta(days=number): {} for number in range((last - first).days + 1)
    }
    for key in sorted({copy.pool for copy in copies}):
        branch = set_up.branches[key.branch_id]
        terms = set_up.terms(branch.id, category, key.material_group)
        if branch.id not in asked or not terms.bookable:
            continue
        today = local_date(now, branch.timezone)
        pool = pools_of(copies, supplies, today)[key]
        for day, free in free_by_day(pool, first, last):
            of_day = days[day]
            of_day[branch.isil] = of_day.get(branch.isil, 0) + max(free, 0)
    return [DayFree(day, sum(free.values()), free) for day, free in days.items()]


def patron_bookings(
    circulation: Circulation, transaction: Transaction, patron_id: int
) -> list[Booking]:
    """The patron's open bookings, by first day."""
    return _shown(circulation, transaction, bookings_of_patron(transaction, patron_id=patron_id))


def title_bookings(
    circulation: Circulation, transaction: Transaction, record_id: int
) -> list[Booking]:
    """The open bookings of the title, by first day."""
    return _shown(circulation, transaction, bookings_of_record(transaction, record_id=record_id))


def branch_bookings(
    circulation: Circulation,
    transaction: Transaction,
    branch_id: int,
    *,
    until: date = date.max,
) -> list[Booking]:
    """The open bookings that the branch supplies or hands out, beginning by `until`."""
    return _shown(
        circulation, transaction, bookings_of_branch(transaction, branch_id=branch_id, until=until)
    )


def _shown(
    circulation: Circulation, transaction: Transaction, found: list[BookingFacts]
) -> list[Booking]:
    set_up = circulation.current_set_up(transaction)
    return [
        booking_of(facts, supplies_of_booking(transaction, booking_id=facts.id), set_up)
        for facts in found
    ]
