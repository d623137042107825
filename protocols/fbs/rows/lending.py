"""What is asked of loans, reservations and fees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from circulation.kernel.rights import Right
from protocols.fbs import shapes
from protocols.fbs.calls import Asker, Call
from protocols.fbs.codec import reads, reads_list
from protocols.fbs.handling import (
    bookings,
    fees,
    loans,
    reservations,
)
from protocols.fbs.messages import (
    CreateBookingBatch,
    CreateReservationBatch,
    Number,
    PaymentOrder,
    UpdateBookingBatch,
    UpdateReservationBatch,
)
from protocols.fbs.rows.writing import (
    LEND,
    LIBRARY,
    NOTHING,
    PV1,
    P,
    versions,
)
from protocols.fbs.shapes import Shape
from protocols.hosting.answering import Lane


def _loans() -> Iterator[Call]:
    yield from versions(
        "GET",
        loans.list_loans,
        {f"{PV1}/loans": shapes.LOANS_V1, f"{P}/loans/v2": shapes.LOANS_V2},
    )
    yield from versions(
        "GET",
        loans.list_with_history,
        {f"{P}/loans/withhistoricalloans/v1": shapes.LOANS_WITH_HISTORY},
        lane=Lane.WIDE_READ,
    )
    yield from versions(
        "POST",
        loans.renew_loans,
        {
            f"{PV1}/loans/renew": shapes.RENEWED_V1,
            f"{P}/loans/renew/v2": shapes.RENEWED_V2,
        },
        reads=reads_list(Number),
        **LEND,
    )


def _reservations() -> Iterator[Call]:
    yield from versions(
        "GET",
        reservations.list_reservations,
        {
            f"{PV1}/reservations": shapes.RESERVATIONS_V1,
            f"{PV1}/reservations/v2": shapes.RESERVATIONS_V2,
            f"{P}/reservations/v3": shapes.RESERVATIONS_V3,
            f"{P}/reservations/v4": shapes.RESERVATIONS_V4,
        },
        **NOTHING,
    )
    its = LEND | {"reads": reads(CreateReservationBatch)}
    placing: tuple[tuple[Callable[..., Any], dict[str, Shape | None]], ...] = (
        (reservations.reserve_or_fail, {f"{PV1}/reservations": shapes.RESERVATIONS_V1}),
        (
            reservations.reserve,
            {
                f"{PV1}/reservations/add": shapes.RESERVED_V1,
                f"{PV1}/reservations/v2": shapes.RESERVED_V2,
            },
        ),
        (
            reservations.reserve_what_can_be,
            {
                f"{P}/reservations/v3": shapes.RESERVED_V3,
                f"{P}/reservations/v4": shapes.RESERVED_V4,
            },
        ),
    )
    for handler, paths in placing:
        yield from versions("POST", handler, paths, **its)
    yield from versions(
        "PUT",
        reservations.change_reservations,
        {
            f"{PV1}/reservations": shapes.RESERVATIONS_V1,
            f"{P}/reservations/v2": shapes.RESERVATIONS_V3,
            f"{P}/reservations/v3": shapes.RESERVATIONS_V4,
        },
        reads=reads(UpdateReservationBatch),
        **LEND,
        **NOTHING,
    )
    yield Call(
        method="DELETE",
        path=f"{PV1}/reservations",
        handler=reservations.drop_reservations,
        lists=frozenset({"reservationid"}),
        wanted=frozenset({"reservationid"}),
        absent=None,
        **LEND,
    )


def _bookings() -> Iterator[Call]:
    path = f"{PV1}/bookings"
    its: dict[str, Any] = {"right": Right.BOOK, "lane": Lane.WRITE}
    yield Call(method="GET", path=path, handler=bookings.list_bookings, shape=shapes.BOOKINGS)
    yield Call(
        method="POST",
        path=path,
        handler=bookings.book,
        shape=shapes.BOOKED,
        reads=reads(CreateBookingBatch),
        **its,
    )
    yield Call(
        method="PUT",
        path=path,
        handler=bookings.change_bookings,
        shape=shapes.BOOKED,
        reads=reads(UpdateBookingBatch),
        **its,
    )
    yield Call(
        method="DELETE",
        path=path,
        handler=bookings.drop_bookings,
        lists=frozenset({"bookingid"}),
        wanted=frozenset({"bookingid"}),
        **its,
    )
    yield from versions(
        "GET",
        bookings.show_what_is_booked,
        {
            "v1/{agencyid}/catalog/bookingInformation/{recordid}": shapes.WHAT_IS_BOOKED,
            "{agencyid}/catalog/bookingInformation/{recordid}/v3": shapes.WHAT_IS_BOOKED,
        },
        lane=Lane.WIDE_READ,
        **LIBRARY,
    )


def _fees() -> Iterator[Call]:
    patron, old = "{agencyid}/patron/{patronid}", "v1/{agencyid}/patron/{patronid}"
    yield from versions(
        "GET",
        fees.list_fees,
        {f"{old}/fees": shapes.FEES_V1, f"{patron}/fees/v2": shapes.FEES_V2},
        names=frozenset({"includepaid", "includenonpayable"}),
        **NOTHING,
    )
    yield from versions(
        "GET",
        fees.list_expected,
        {f"{patron}/fee/expected-fees/v1": shapes.FEES_V2},
        **NOTHING,
    )
    yield from versions(
        "GET",
        fees.list_transactions,
        {f"{patron}/fee/{{feeId}}/transactions/v1": shapes.TRANSACTIONS},
        **NOTHING,
    )
    yield from versions(
        "POST",
        fees.register_payment,
        {f"{old}/payment": shapes.PAYMENTS, f"{patron}/payment/v2": shapes.PAYMENTS},
        reads=reads(PaymentOrder),
        asker=Asker.SITE,
        right=Right.TAKE_FEES,
        lane=Lane.WRITE,
        absent=fees.refuse_payment,
    )


CALLS: Final[tuple[Call, ...]] = (
    *_loans(),
    *_reservations(),
    *_bookings(),
    *_fees(),
)
