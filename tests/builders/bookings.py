"""Class sets and bookings in the small library of `tests.builders.circulation`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from catalogue.database import Transaction
from circulation.booking.bookings import BookingWish, place_booking
from circulation.booking.changes import (
    BookingChanged,
    BookingChanges,
    cancel_booking,
    change_booking,
    extend_booking,
)
from circulation.booking.delivering import deliver_booking, return_booking
from circulation.booking.preparing import bookings_to_prepare, put_back, set_aside
from circulation.booking.results import Booking, BookingReturned, Delivered, ToPrepare
from circulation.calendars.due_dates import local_date
from circulation.kernel.results import Branch, Refused, Stay
from tests.builders.circulation import Library, an_item
from tests.builders.holds import a_copy


def a_set(library: Library, copies: int, *, home: Branch | None = None, **rule: Any) -> list[str]:
    """A class set that can be booked, with 2 days before and 1 after; its barcodes."""
    rules = {"bookable": True, "booking_days_before": 2, "booking_days_after": 1} | rule
    library.policy(material_group="class-set", **rules)
    first = an_item(library, home=home, material_group="class-set")
    return [first] + [
        a_copy(library, first, home=home, material_group="class-set") for _ in range(copies - 1)
    ]


def day(library: Library, days: int) -> date:
    """The date so many days from now."""
    return local_date(library.now, library.main.timezone) + timedelta(days=days)


def book(
    library: Library,
    card: str,
    item: str,
    first: int,
    last: int,
    preferred: int | None = 1,
    minimum: int | None = None,
    **options: Any,
) -> Booking | Refused:
    """Books the title of the item, the days counted from today."""

    def work(transaction: Transaction) -> Booking | Refused:
        return place_booking(
            library.act(transaction),
            BookingWish(
                patron=card,
                item=item,
                first=day(library, first),
                last=day(library, last),
                preferred=preferred,
                minimum=minimum,
                **options,
            ),
        )

    return library.write(work)


def a_booking(library: Library, *arguments: Any, **options: Any) -> Booking:
    booking = book(library, *arguments, **options)
    assert isinstance(booking, Booking), booking
    return booking


def change(library: Library, booking: Booking, **changes: Any) -> BookingChanged | Refused:
    return library.write(
        lambda transaction: change_booking(
            library.act(transaction), booking_id=booking.id, changes=BookingChanges(**changes)
        )
    )


def extend(library: Library, booking: Booking, last: int) -> BookingChanged | Refused:
    return library.write(
        lambda transaction: extend_booking(
            library.act(transaction), booking_id=booking.id, last=day(library, last)
        )
    )


def cancel_it(library: Library, booking: Booking) -> Booking | Refused:
    return library.write(
        lambda transaction: cancel_booking(library.act(transaction), booking_id=booking.id)
    )


def to_prepare(library: Library, *, at: Branch | None = None, **options: Any) -> list[ToPrepare]:
    return library.read(
        lambda transaction: bookings_to_prepare(
            library.circulation,
            transaction,
            branch_id=(at or library.main).id,
            now=library.now,
            **options,
        )
    )


def aside(
    library: Library, booking: Booking, *barcodes: str, at: Branch | None = None
) -> list[Stay | Refused]:
    answers = library.write(
        lambda transaction: set_aside(
            library.act(transaction, at), booking_id=booking.id, barcodes=barcodes
        )
    )
    assert not isinstance(answers, Refused)
    return answers


def back_on_shelf(library: Library, barcode: str) -> bool | Refused:
    return library.write(lambda transaction: put_back(library.act(transaction), item=barcode))


def deliver(
    library: Library, booking: Booking, *barcodes: str, at: Branch | None = None
) -> Delivered:
    """Delivers these; where none are given, all that was set aside."""
    answer = library.write(
        lambda transaction: deliver_booking(
            library.act(transaction, at), booking_id=booking.id, barcodes=barcodes or None
        )
    )
    assert isinstance(answer, Delivered), answer
    return answer


def bring_back(
    library: Library, booking: Booking, *barcodes: str, **options: Any
) -> BookingReturned:
    answer = library.write(
        lambda transaction: return_booking(
            library.act(transaction), booking_id=booking.id, barcodes=barcodes, **options
        )
    )
    assert isinstance(answer, BookingReturned), answer
    return answer
