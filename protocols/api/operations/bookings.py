"""Bookings: copies of a title for a period, placed, changed, and how many are free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from circulation.booking import changes
from circulation.booking.bookings import BookingWish as KnownWish
from circulation.booking.bookings import find_booking, place_booking
from circulation.booking.delivering import out_for
from circulation.booking.lists import (
    availability_calendar,
    branch_bookings,
    patron_bookings,
    title_bookings,
)
from circulation.booking.results import Booking as KnownBooking
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_here, note_look, number_of, override_of, today_here
from protocols.api.gate import Names, Spot, admit, patron_named
from protocols.api.models.bookings import (
    Booking,
    BookingCalendar,
    BookingChanges,
    Bookings,
    BookingShown,
    BookingWish,
    CancellationWish,
    DayFree,
    ExtensionWish,
    WhichBookings,
    WhichDays,
    booking_shown,
    out_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.desk import identifier_of
from protocols.api.paging import LARGEST_OF_FEW
from protocols.api.problems import Outcome, Problem, malformed, refused
from protocols.hosting.answering import Context, Lane

BOOKING: Final = "/bookings/{booking}"
#: What rows of bookings have in common.
ABOUT: Final[dict[str, Any]] = {"tag": "bookings", "right": Right.BOOK}
_REFUSED: Final[dict[str, Any]] = {"outcomes": (Outcome.REFUSED,), "lane": Lane.WRITE}


def booking_named(
    request: Request[Any, Any], principal: Principal, context: Context
) -> KnownBooking:
    """The booking of the path. Raises Problem where it is neither handed out nor supplied where the
    caller may book."""
    number = number_of(request.path["booking"], None)
    set_up = context.circulation.current_set_up(context.transaction)
    found = find_booking(context.transaction, set_up, number)
    if found is not None:
        concerned = (found.delivery_branch, *(each.branch for each in found.supplies))
        ours = [Spot(each.agency_id, each.id) for each in concerned]
        if any(principal.may(Right.BOOK, *each) for each in ours):
            admit(found.patron_id, Right.BOOK, request, principal, context, ours=ours)
            return found
    raise Problem(Outcome.NOT_FOUND)


def shown(found: KnownBooking, names: Names) -> Booking:
    """The booking as answers show it."""
    return booking_shown(found, names.patron(found.patron_id, found.patron_name, None))


def names_for(principal: Principal, context: Context) -> Names:
    """Whose names those who book may read."""
    return Names((Right.BOOK, Right.VIEW_PATRONS), principal, context)


def _answered(
    answer: KnownBooking | changes.BookingChanged | Refused,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
) -> Booking | Problem:
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    if isinstance(answer, changes.BookingChanged):
        answer = answer.after
    request.about = answer.patron_id
    return shown(answer, names_for(principal, context))


def book(
    request: Request[BookingWish, None], principal: Principal, context: Context
) -> Booking | Problem:
    """Books copies of a title for a teacher, a class or an institution. Where there are not enough,
    the reason says in `limit` how many there could be."""
    must_have_here(principal, Right.BOOK)
    wish = request.body
    known = KnownWish(
        patron=identifier_of(wish, request, principal, context, Right.BOOK),
        first=wish.first,
        last=wish.last,
        record_id=None if wish.title is None else number_of(wish.title, "title", LARGEST_OF_FEW),
        item=wish.item,
        preferred=wish.copies,
        minimum=wish.minimum,
        suppliers=wish.suppliers,
        delivery_branch=wish.deliver_to,
        group_id=None if wish.group is None else number_of(wish.group, "group", LARGEST_OF_FEW),
        lends_onward=wish.lends_onward,
        note=wish.note,
        overriding=override_of(wish.override, principal),
    )
    try:
        answer = place_booking(context.act(principal.desk), known)
    except ValueError as error:
        raise malformed("group", "unknown", str(error)) from None
    return _answered(answer, request, principal, context)


def change_booking(
    request: Request[BookingChanges, None], principal: Principal, context: Context
) -> Booking | Problem:
    """Changes the days, the copies or the note; nothing where it cannot be had so."""
    found, wish = booking_named(request, principal, context), request.body
    answer = changes.change_booking(
        context.act(principal.desk),
        booking_id=found.id,
        changes=changes.BookingChanges(
            wish.first, wish.last, wish.copies, wish.minimum, wish.suppliers, wish.note
        ),
    )
    return _answered(answer, request, principal, context)


def extend_booking(
    request: Request[ExtensionWish, None], principal: Principal, context: Context
) -> Booking | Problem:
    """Lets the borrower keep the copies for longer, with the loans that are out."""
    found = booking_named(request, principal, context)
    act = context.act(principal.desk)
    answer = changes.extend_booking(act, booking_id=found.id, last=request.body.last)
    return _answered(answer, request, principal, context)


def cancel_booking(
    request: Request[CancellationWish, None], principal: Principal, context: Context
) -> Booking | Problem:
    """Cancels a booking; what was set aside goes home."""
    found, wish = booking_named(request, principal, context), request.body
    act = context.act(principal.desk)
    answer = changes.cancel_booking(act, booking_id=found.id, refused=wish.refused, why=wish.why)
    return _answered(answer, request, principal, context)


def show_booking(request: Plain, principal: Principal, context: Context) -> BookingShown:
    """A booking, and what of it is out."""
    found = booking_named(request, principal, context)
    out = out_for(context.transaction, booking_id=found.id)
    booking = shown(found, names_for(principal, context))
    is_named = booking.borrower is not None
    return BookingShown(booking, tuple(out_shown(each, is_named=is_named) for each in out))


def list_bookings(
    request: Request[None, WhichBookings], principal: Principal, context: Context
) -> Bookings:
    """Open bookings of a patron, of a title, or of the branch where the caller works."""
    must_have_here(principal, Right.BOOK)
    circulation, transaction, query = context.circulation, context.transaction, request.query
    patron_id = None
    if query.patron is not None:
        patron_id = patron_named(request, query.patron, principal, context, Right.BOOK).id
        found = patron_bookings(circulation, transaction, patron_id)
    elif query.title is not None:
        found = title_bookings(
            circulation, transaction, number_of(query.title, "title", LARGEST_OF_FEW)
        )
    else:
        found = branch_bookings(circulation, transaction, principal.branch_id)
    seen = [
        each
        for each in found
        if principal.may(Right.BOOK, each.delivery_branch.agency_id, each.delivery_branch.id)
        or any(each.branch.id == principal.branch_id for each in each.supplies)
    ]
    note_look(request, principal, context, Seen.LIST, patron_id=patron_id, hits=len(seen))
    names = names_for(principal, context)
    return Bookings(tuple(shown(each, names) for each in seen))


def show_booking_calendar(
    request: Request[None, WhichDays], principal: Principal, context: Context
) -> BookingCalendar:
    """How many copies of a title can be booked on each day."""
    must_have_here(principal, Right.BOOK)
    query = request.query
    first = query.first or today_here(principal, context)
    try:
        found = availability_calendar(
            context.act(principal.desk),
            record_id=number_of(request.path["title"], None, LARGEST_OF_FEW),
            first=first,
            last=first + timedelta(days=query.days - 1),
            category=query.category,
        )
    except OverflowError:
        raise malformed("first", "too_late", "the calendar ends before") from None
    return BookingCalendar(tuple(DayFree(*each) for each in found))


OPERATIONS: Final[tuple[Operation, ...]] = (
    post("/bookings", "Book copies", book, Booking, body=BookingWish, **ABOUT, **_REFUSED),
    get(
        "/bookings",
        "Open bookings",
        list_bookings,
        Bookings,
        query=WhichBookings,
        outcomes=(Outcome.NOT_FOUND,),
        **ABOUT,
    ),
    get(BOOKING, "A booking", show_booking, BookingShown, **ABOUT),
    Operation(
        method="PATCH",
        path=BOOKING,
        summary="Change a booking",
        handler=change_booking,
        answer=Booking,
        body=BookingChanges,
        **ABOUT,
        **_REFUSED,
    ),
    post(
        f"{BOOKING}/extension",
        "Extend a booking",
        extend_booking,
        Booking,
        body=ExtensionWish,
        **ABOUT,
        **_REFUSED,
    ),
    post(
        f"{BOOKING}/cancellation",
        "Cancel a booking",
        cancel_booking,
        Booking,
        body=CancellationWish,
        **ABOUT,
        **_REFUSED,
    ),
    get(
        "/titles/{title}/booking-calendar",
        "Copies that can be booked, by day",
        show_booking_calendar,
        BookingCalendar,
        query=WhichDays,
        lane=Lane.WIDE_READ,
        **ABOUT,
    ),
)
