"""The end of a booking: cancelled, all back, or never collected."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import update

from catalogue.database import Statement, change
from circulation.booking.facts import (
    booking_facts,
    bookings_of_patron,
    bookings_over,
    lock_copies,
    supplies_of_booking,
)
from circulation.booking.results import BookingOutcome
from circulation.booking.schema import bookings
from circulation.booking.stays import end_stay, stays_of_booking
from circulation.holds.facts import lock_queue
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event

#: So many in one transaction, that no desk waits long for a title.
AT_MOST = 100


@change
def _close(*, booking_id: int, closed: datetime | None, outcome: str | None) -> Statement:
    return (
        update(bookings)
        .where(bookings.c.id == booking_id, bookings.c.closed.is_(None))
        .values(closed=closed, outcome=outcome)
    )


def close_booking(act: Act, booking_id: int, outcome: BookingOutcome, *, why: str = "") -> bool:
    """Ends an open booking, and the keeping of copies for it; False where it was over already.

    The queue of the title is locked. `why` are words for the borrower.
    """
    transaction, now = act.transaction, act.now
    if not _close(transaction, booking_id=booking_id, closed=now, outcome=outcome.value):
        return False
    for row in stays_of_booking(transaction, booking_id=booking_id):
        end_stay(act, row)
    after = {"booking": booking_id, "outcome": outcome.value} | ({"text": why} if why else {})
    append_event(act, NewEvent(EventKind.BOOKING_CLOSED, after=after))
    return True


def close_if_all_back(act: Act, booking_id: int, *, wants_no_more: bool = False) -> bool:
    """Ends the booking if all that was lent for it is back and no more is to come.

    `wants_no_more`: what was promised beyond that will not be asked for.
    """
    transaction = act.transaction
    supplies = supplies_of_booking(transaction, booking_id=booking_id)
    lent = sum(supply.delivered for supply in supplies)
    back = sum(supply.returned for supply in supplies)
    is_complete = wants_no_more or lent >= sum(supply.copies for supply in supplies)
    if not lent or back < lent or not is_complete:
        return False
    return close_booking(act, booking_id, BookingOutcome.FULFILLED)


def close_bookings_over(act: Act, *, day: date, after: int = 0) -> tuple[int, int | None]:
    """Ends bookings whose last day was before `day`, unless copies are still out.

    How many were ended, and the booking after which to go on; None: that was all.
    """
    transaction = act.transaction
    ended = 0
    found = bookings_over(transaction, today=day, after_id=after, at_most=AT_MOST)
    for record_id in sorted({booking.record_id for booking in found}):
        lock_copies(transaction, record_id=record_id)
        lock_queue(transaction, record_id=record_id)
    for each in found:
        booking = booking_facts(transaction, booking_id=each.id)
        if booking is None or booking.closed is not None or booking.last >= day:
            continue
        supplies = supplies_of_booking(transaction, booking_id=booking.id)
        if any(supply.delivered for supply in supplies):
            ended += close_if_all_back(act, booking.id, wants_no_more=True)
        else:
            outcome = BookingOutcome.NOT_COLLECTED
            ended += close_booking(act, booking.id, outcome)
    return ended, found[-1].id if len(found) == AT_MOST else None


def end_bookings_of(act: Act, patron_id: int) -> int:
    """Ends the open bookings of somebody who has died, and gives how many; one of which copies are
    out ends when they are back."""
    transaction, ended = act.transaction, 0
    found = bookings_of_patron(transaction, patron_id=patron_id)
    for record_id in sorted({booking.record_id for booking in found}):
        lock_copies(transaction, record_id=record_id)
        lock_queue(transaction, record_id=record_id)
    for each in found:
        supplies = supplies_of_booking(transaction, booking_id=each.id)
        if any(supply.delivered > supply.returned for supply in supplies):
            continue
        ended += close_booking(act, each.id, BookingOutcome.CANCELLED)
    return ended
