"""Looking at bookings: whose, of what, and how many copies are free on which days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Integer, or_, select, type_coerce

from catalogue.database import Statement, Transaction, columns, many
from catalogue.schema import items, records
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
from circulation.booking.results import Booking, DayFree, ToMove, booking_of
from circulation.booking.schema import stays, temporary_placements, temporary_stations
from circulation.booking.spans import MOST_DAYS
from circulation.booking.stays import STAY_TABLES
from circulation.calendars.due_dates import local_date
from circulation.items.schema import transits
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.paging import PAGE
from circulation.kernel.results import StayKind
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans


def availability_calendar(
    act: Act, *, record_id: int, first: date, last: date, category: str = ""
) -> list[DayFree]:
    """How many copies of the title can be booked on each day from `first` through `last`.

    As patrons of `category` see it: copies that they may not book are left out. A booking
    also needs the days before and after it that its branch takes.
    Raises ValueError for a period that ends before it begins or is longer than `MOST_DAYS`.
    """
    transaction, circulation, _, now = act
    if not first <= last or (last - first) >= timedelta(days=MOST_DAYS):
        raise ValueError(f"a calendar shows 1 to {MOST_DAYS} days")
    set_up = circulation.current_set_up(transaction)
    title = title_facts(transaction, record_id)
    copies = pool_copies(set_up, title.copies)
    supplies = [facts.supply() for facts in title.supplies]
    days: dict[date, dict[str, int]] = {
        first + timedelta(days=number): {} for number in range((last - first).days + 1)
    }
    for key in sorted({copy.pool for copy in copies}):
        branch = set_up.branches[key.branch_id]
        terms = set_up.terms(branch.id, category, key.material_group)
        if not terms.bookable:
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
    circulation: Circulation, transaction: Transaction, branch_id: int, *, until: date = date.max
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


class _ToMove(NamedTuple):
    item_id: int
    barcode: str
    title: str
    call_number: str
    kind: str | None
    name: str | None
    place: str | None
    seen_branch_id: int
    branch_id: int
    is_over: bool
    since: datetime


@many(_ToMove)
def _all_to_move(*, after_id: int, branch_id: int, at_most: int) -> Statement:
    told = {
        "item_id": stays.c.item_id,
        "kind": temporary_placements.c.kind,
        "name": temporary_placements.c.name,
        "place": temporary_stations.c.place,
        "branch_id": stays.c.branch_id,
        "title": records.c.title,
        "barcode": items.c.barcode,
        "call_number": items.c.call_number,
    }
    return (
        select(*columns(_ToMove, stays, **told))
        .select_from(
            STAY_TABLES.join(items, items.c.id == stays.c.item_id)
            .join(records, records.c.id == items.c.record_id)
            .outerjoin(loans, (loans.c.item_id == stays.c.item_id) & loans.c.checked_in.is_(None))
            .outerjoin(transits, transits.c.item_id == stays.c.item_id)
        )
        .where(
            stays.c.placed.is_(None),
            loans.c.id.is_(None),
            transits.c.item_id.is_(None),
            stays.c.item_id > after_id,
            or_(type_coerce(branch_id, Integer) == 0, stays.c.seen_branch_id == branch_id),
        )
        .order_by(stays.c.item_id)
        .limit(at_most)
    )


def items_to_move(
    transaction: Transaction,
    set_up: SetUp,
    *,
    branch_id: int | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> list[ToMove]:
    """What stands in the wrong place: to be brought to its station or shelf, or back home.

    By item id; a page of `limit` lines, the next of which begins after the last `item_id`. Of one
    branch where the items stand, or of all. Checking an item in, at whichever end, takes it off.
    """
    found = []
    for row in _all_to_move(transaction, after_id=after, branch_id=branch_id or 0, at_most=limit):
        found.append(
            ToMove(
                row.item_id,
                row.barcode,
                row.title,
                row.call_number,
                StayKind.BOOKING if row.kind is None else StayKind(row.kind),
                row.name or "",
                "" if row.is_over else row.place or "",
                set_up.branches[row.seen_branch_id],
                set_up.branches[row.branch_id],
                row.is_over,
                row.since,
            )
        )
    return found
