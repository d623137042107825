"""Announced deliveries: what suppliers have said they send, and how much of it has come.

A line is so many copies of a title for a branch; the title is in the catalogue from the day of the
announcement, so that it can be found, and held, while its items are on their way. What comes is
received by `circulation.accession.receiving`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple, Unpack

from sqlalchemy import Column, Select, func, select, update

from catalogue.database import Statement, Transaction, change, columns, many, one
from catalogue.schema import records
from circulation.accession.schema import deliveries, delivery_lines
from circulation.holds.copies import Copy
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.paging import Asked, Order, Page, Place, paged


class Delivery(NamedTuple):
    """A delivery and how much of it has come."""

    id: int
    supplier: str
    order_number: str
    branch_id: int
    expected: date | None
    announced: datetime
    closed: datetime | None
    copies: int
    received: int


class DeliveryLine(NamedTuple):
    """A line as it is stored, with the title."""

    id: int
    delivery_id: int
    record_id: int
    title: str
    author: str
    number: str
    barcode: str | None
    branch_id: int
    copies: int
    received: int
    material_group: str
    price: int | None
    currency: str | None
    department: str
    location: str
    sublocation: str
    section: str
    call_number: str


#: In lists, what is expected on no particular day comes last.
_NO_DAY = date(9999, 12, 31)
_ORDER = Order[Delivery](
    moment=func.coalesce(deliveries.c.expected, _NO_DAY),
    key=deliveries.c.id,
    branch=deliveries.c.branch_id,
    place_of=lambda line: Place(line.expected or _NO_DAY, line.id),
    start=Place(date(1, 1, 1), 0),
)


def _sum(column: Column[Any]) -> Any:
    return (
        select(func.coalesce(func.sum(column), 0))
        .where(delivery_lines.c.delivery_id == deliveries.c.id)
        .correlate(deliveries)
        .scalar_subquery()
    )


_DELIVERIES = select(
    *columns(
        Delivery,
        deliveries,
        copies=_sum(delivery_lines.c.copies),
        received=_sum(delivery_lines.c.received),
    )
)


@one(Delivery)
def get_delivery(*, delivery_id: int) -> Statement:
    return _DELIVERIES.where(deliveries.c.id == delivery_id)


@many(Delivery)
def deliveries_of_order(*, order_number: str) -> Statement:
    """The deliveries with this order number, of all suppliers."""
    return _DELIVERIES.where(deliveries.c.order_number == order_number).order_by(deliveries.c.id)


@change
def _close(*, delivery_id: int, closed: datetime) -> Statement:
    is_open = (deliveries.c.id == delivery_id, deliveries.c.closed.is_(None))
    return update(deliveries).where(*is_open).values(closed=closed)


def select_lines() -> Select[Any]:
    """Lines for statements whose rows are a `DeliveryLine`."""
    named = {"title": records.c.title, "author": records.c.author}
    return select(*columns(DeliveryLine, delivery_lines, **named)).select_from(
        delivery_lines.join(records, records.c.id == delivery_lines.c.record_id).join(
            deliveries, deliveries.c.id == delivery_lines.c.delivery_id
        )
    )


@many(DeliveryLine)
def lines_of(*, delivery_id: int) -> Statement:
    """The lines of a delivery, in their order."""
    return (
        select_lines()
        .where(delivery_lines.c.delivery_id == delivery_id)
        .order_by(delivery_lines.c.id)
    )


def close_delivery(act: Act, delivery_id: int) -> bool:
    """Nothing more is expected of the delivery; False where it was closed before."""
    if not _close(act.transaction, delivery_id=delivery_id, closed=act.now):
        return False
    delivery = get_delivery(act.transaction, delivery_id=delivery_id)
    assert delivery is not None
    told = {"delivery": delivery_id, "order": delivery.order_number}
    told |= {"copies": delivery.copies, "received": delivery.received}
    append_event(act, NewEvent(EventKind.DELIVERY_CLOSED, after=told))
    return True


@paged(Delivery, _ORDER)
def _open() -> Select[Any]:
    return _DELIVERIES.where(deliveries.c.closed.is_(None))


@paged(Delivery, _ORDER)
def _overdue(today: date) -> Select[Any]:
    return _DELIVERIES.where(deliveries.c.closed.is_(None), deliveries.c.expected < today)


def open_deliveries(transaction: Transaction, **asked: Unpack[Asked]) -> Page[Delivery]:
    """What is still expected, by the day on which it is expected."""
    return _open(transaction, **asked)


def overdue_deliveries(
    transaction: Transaction, *, today: date, **asked: Unpack[Asked]
) -> Page[Delivery]:
    """What should have come before today and has not, or not all of it: the longest first."""
    return _overdue(transaction, today=today, **asked)


class _ExpectedCopy(NamedTuple):
    id: int
    branch_id: int
    material_group: str


@many(_ExpectedCopy)
def _expected_copies(*, record_id: int) -> Statement:
    return (
        select(*columns(_ExpectedCopy, delivery_lines))
        .join_from(delivery_lines, deliveries)
        .where(
            delivery_lines.c.record_id == record_id,
            delivery_lines.c.received < delivery_lines.c.copies,
            deliveries.c.closed.is_(None),
        )
    )


def expected_copies(transaction: Transaction, record_id: int) -> list[Copy]:
    """Copies of the title that are on order, as far as the rules of holds ask; on no shelf."""
    return [
        Copy(
            *(-line.id, "", line.branch_id, line.material_group, "", "", "", "", None, None),
            *(line.branch_id, None, None, None),
        )
        for line in _expected_copies(transaction, record_id=record_id)
    ]
