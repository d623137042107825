"""What borrowers are told of their bookings: the rows, and the events that have them told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, columns, many_of, one
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


class _Told(NamedTuple):
    """Who is told, and in the name of which branch."""

    patron_id: int | None
    branch_id: int


@many_of(BookingTold)
def _bookings(*, ids: Sequence[int]) -> Statement:
    copies = (
        select(func.coalesce(func.sum(booking_supplies.c.copies), 0))
        .where(booking_supplies.c.booking_id == bookings.c.id)
        .scalar_subquery()
    )
    named = {"title": records.c.title, "author": records.c.author, "branch": branches.c.name}
    return (
        select(*columns(BookingTold, bookings, copies=copies, **named))
        .select_from(
            bookings.join(records, records.c.id == bookings.c.record_id).join(
                branches, branches.c.id == bookings.c.delivery_branch_id
            )
        )
        .where(bookings.c.id.in_(ids))
        .order_by(bookings.c.first_day, bookings.c.id)
    )


@one(_Told)
def _told(*, booking_id: int) -> Statement:
    branch_id = bookings.c.delivery_branch_id
    return select(*columns(_Told, bookings, branch_id=branch_id)).where(bookings.c.id == booking_id)


def _of_booking(kind: NoticeKind) -> Callable[[Reading], NoticeRequest | None]:
    def tell(reading: Reading) -> NoticeRequest | None:
        event = reading.event
        booking_id = (event.after or event.before).get("booking")
        if booking_id is None:
            return None
        found = _told(reading.transaction, booking_id=booking_id)
        if found is None or found.patron_id is None:
            return None
        is_refused = event.after.get("outcome") == BookingOutcome.REFUSED.value
        told = {"text": event.after["text"]} if "text" in event.after else {}
        cause = Cause(event=event.id, bookings=(booking_id,))
        what = NoticeKind.BOOKING_REFUSED if is_refused else kind
        return NoticeRequest(found.patron_id, what, cause, told, branch_id=found.branch_id)

    return tell


def _stay_begun(reading: Reading) -> NoticeRequest | None:
    """The first copy of a booking was set aside: it is told once, however many follow."""
    event = reading.event
    booking_id = event.after.get("booking")
    if booking_id is None:
        return None
    found = _told(reading.transaction, booking_id=booking_id)
    if found is None or found.patron_id is None:
        return None
    cause = Cause(bookings=(booking_id,))
    return NoticeRequest(
        found.patron_id, NoticeKind.BOOKING_IN_PREPARATION, cause, branch_id=found.branch_id
    )


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
