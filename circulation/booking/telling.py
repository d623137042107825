"""What borrowers are told of their bookings: the rows, and the events that have them told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from catalogue.database import Transaction, key_parameters, many_of, one
from catalogue.schema import branches, records
from circulation.booking.results import BookingOutcome
from circulation.booking.schema import booking_supplies, bookings
from circulation.kernel.events import EventKind
from circulation.notices.causes import Cause
from circulation.notices.contents import Rows
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import NoticeRequest
from circulation.notices.triggers import Reading, Trigger


class BookingTold(NamedTuple):
    """A booking; the days are the first and the last on which the borrower has the copies."""

    id: int
    patron_id: int | None
    title: str
    author: str
    branch: str
    first_day: date
    last_day: date
    copies: int
    closed: datetime | None
    outcome: str | None


_copies = (
    select(func.coalesce(func.sum(booking_supplies.c.copies), 0))
    .where(booking_supplies.c.booking_id == bookings.c.id)
    .scalar_subquery()
)
_bookings: Callable[[Transaction, list[int]], list[BookingTold]] = many_of(
    lambda size: (
        select(
            bookings.c.id,
            bookings.c.patron_id,
            records.c.title,
            records.c.author,
            branches.c.name,
            bookings.c.first_day,
            bookings.c.last_day,
            _copies,
            bookings.c.closed,
            bookings.c.outcome,
        )
        .select_from(
            bookings.join(records, records.c.id == bookings.c.record_id).join(
                branches, branches.c.id == bookings.c.delivery_branch_id
            )
        )
        .where(bookings.c.id.in_(key_parameters(size)))
        .order_by(bookings.c.first_day, bookings.c.id)
    ),
    BookingTold,
)
_booking: Callable[..., Any] = one(
    select(bookings.c.patron_id, bookings.c.delivery_branch_id).where(
        bookings.c.id == bindparam("booking_id")
    ),
    None,
    "booking_id",
)


def _of_booking(kind: NoticeKind) -> Callable[[Reading], NoticeRequest | None]:
    def tell(reading: Reading) -> NoticeRequest | None:
        event = reading.event
        booking_id = (event.after or event.before).get("booking")
        if booking_id is None:
            return None
        found = _booking(reading.transaction, booking_id)
        if found is None or found[0] is None:
            return None
        is_refused = event.after.get("outcome") == BookingOutcome.REFUSED.value
        told = {"text": event.after["text"]} if "text" in event.after else {}
        cause = Cause(event=event.id, bookings=(booking_id,))
        what = NoticeKind.BOOKING_REFUSED if is_refused else kind
        return NoticeRequest(found[0], what, cause, told, branch_id=found[1])

    return tell


def _stay_begun(reading: Reading) -> NoticeRequest | None:
    """The first copy of a booking was set aside: it is told once, however many follow."""
    event = reading.event
    booking_id = event.after.get("booking")
    if booking_id is None:
        return None
    found = _booking(reading.transaction, booking_id)
    if found is None or found[0] is None:
        return None
    cause = Cause(bookings=(booking_id,))
    return NoticeRequest(found[0], NoticeKind.BOOKING_IN_PREPARATION, cause, branch_id=found[1])


def _is_not_fulfilled(actor: str, after: Mapping[str, Any]) -> bool:
    return after.get("outcome") != "fulfilled"


BOOKINGS_TOLD = Rows("bookings", _bookings)
TRIGGERS_OF_BOOKINGS = (
    Trigger(
        EventKind.BOOKING_CHANGED,
        frozenset({NoticeKind.BOOKING_CHANGED}),
        _of_booking(NoticeKind.BOOKING_CHANGED),
        _is_not_fulfilled,
    ),
    Trigger(
        EventKind.BOOKING_CLOSED,
        frozenset({NoticeKind.BOOKING_DELETED, NoticeKind.BOOKING_REFUSED}),
        _of_booking(NoticeKind.BOOKING_DELETED),
        _is_not_fulfilled,
    ),
    Trigger(EventKind.STAY_BEGUN, frozenset({NoticeKind.BOOKING_IN_PREPARATION}), _stay_begun),
)
