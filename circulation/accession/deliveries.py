"""Announced deliveries: what suppliers have said they send, and how much of it has come.

A line is so many copies of a title for a branch; the title is in the catalogue from the day of the
announcement, so that it can be found, and held, while its items are on their way. What comes is
received by `circulation.accession.receiving`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, or_, select, update

from catalogue.database import Moment, Transaction, change, many, one
from catalogue.schema import records
from circulation.accession.schema import deliveries, delivery_lines
from circulation.holds.copies import Copy
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk

#: Lines of a page where the caller does not say, and at most.
PAGE = 100
MOST = 1_000


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


class After(NamedTuple):
    """Where a page ended."""

    expected: date
    id: int


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, and where the next page begins; `next` None: that was all."""

    deliveries: tuple[Delivery, ...]
    next: After | None


#: In lists, what is expected on no particular day comes last.
_NO_DAY = date(9999, 12, 31)
_START = After(date(1, 1, 1), 0)
_EXPECTED = func.coalesce(
    deliveries.c.expected, bindparam("no_day", _NO_DAY, deliveries.c.expected.type)
)


def _sum(column: Any) -> Any:
    return (
        select(func.coalesce(func.sum(column), 0))
        .where(delivery_lines.c.delivery_id == deliveries.c.id)
        .correlate(deliveries)
        .scalar_subquery()
    )


_DELIVERIES = select(
    *(deliveries.c[name] for name in Delivery._fields[:7]),
    _sum(delivery_lines.c.copies),
    _sum(delivery_lines.c.received),
)
_delivery_by_id = one(
    _DELIVERIES.where(deliveries.c.id == bindparam("delivery_id")), Delivery, "delivery_id"
)
_deliveries_by_order = many(
    _DELIVERIES.where(deliveries.c.order_number == bindparam("order_number")).order_by(
        deliveries.c.id
    ),
    Delivery,
    "order_number",
)
_close = change(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery_id"), deliveries.c.closed.is_(None))
    .values(closed=bindparam("new_closed", type_=Moment)),
    "delivery_id",
    "new_closed",
)


def select_lines() -> Select[Any]:
    """Lines for statements whose rows are a `DeliveryLine`."""
    return select(
        delivery_lines.c.id,
        delivery_lines.c.delivery_id,
        delivery_lines.c.record_id,
        records.c.title,
        records.c.author,
        *(delivery_lines.c[name] for name in DeliveryLine._fields[5:]),
    ).select_from(
        delivery_lines.join(records, records.c.id == delivery_lines.c.record_id).join(
            deliveries, deliveries.c.id == delivery_lines.c.delivery_id
        )
    )


_lines_of = many(
    select_lines()
    .where(delivery_lines.c.delivery_id == bindparam("delivery_id"))
    .order_by(delivery_lines.c.id),
    DeliveryLine,
    "delivery_id",
)
_expected_copies: Callable[..., list[Any]] = many(
    select(delivery_lines.c.id, delivery_lines.c.branch_id, delivery_lines.c.material_group)
    .join_from(delivery_lines, deliveries)
    .where(
        delivery_lines.c.record_id == bindparam("record_id"),
        delivery_lines.c.received < delivery_lines.c.copies,
        deliveries.c.closed.is_(None),
    ),
    None,
    "record_id",
)


def close_delivery(
    transaction: Transaction, delivery_id: int, *, desk: Desk | None, now: datetime
) -> bool:
    """Nothing more is expected of the delivery; False where it was closed before."""
    if not _close(transaction, delivery_id, now):
        return False
    delivery = _delivery_by_id(transaction, delivery_id)
    assert delivery is not None
    counts = {"copies": delivery.copies, "received": delivery.received}
    write_event(
        transaction,
        EventKind.DELIVERY_CLOSED,
        desk,
        now,
        after={"delivery": delivery_id, "order": delivery.order_number, **counts},
    )
    return True


def get_delivery(transaction: Transaction, delivery_id: int) -> Delivery | None:
    return _delivery_by_id(transaction, delivery_id)


def find_delivery(
    transaction: Transaction, order_number: str, supplier: str | None = None
) -> list[Delivery]:
    """The deliveries with this order number, of one supplier or of all."""
    return [
        each
        for each in _deliveries_by_order(transaction, order_number)
        if supplier in (None, each.supplier)
    ]


def lines_of(transaction: Transaction, delivery_id: int) -> list[DeliveryLine]:
    """The lines of a delivery, in their order."""
    return _lines_of(transaction, delivery_id)


def _list(*conditions: Any, parameters: tuple[str, ...] = ()) -> Callable[..., list[Delivery]]:
    after = bindparam("after_day", type_=deliveries.c.expected.type)
    beyond = or_(
        after < _EXPECTED, (after == _EXPECTED) & (deliveries.c.id > bindparam("after_id"))
    )
    return many(
        _DELIVERIES.where(deliveries.c.closed.is_(None), beyond, *conditions)
        .order_by(_EXPECTED, deliveries.c.id)
        .limit(bindparam("at_most")),
        Delivery,
        *parameters,
        "after_day",
        "after_id",
        "at_most",
    )


_IS_OVERDUE = deliveries.c.expected < bindparam("today", type_=deliveries.c.expected.type)
_AT_BRANCH = deliveries.c.branch_id == bindparam("branch_id")
_open = _list()
_open_at = _list(_AT_BRANCH, parameters=("branch_id",))
_overdue = _list(_IS_OVERDUE, parameters=("today",))
_overdue_at = _list(_IS_OVERDUE, _AT_BRANCH, parameters=("today", "branch_id"))


def open_deliveries(
    transaction: Transaction,
    *,
    branch_id: int | None = None,
    after: After | None = None,
    limit: int = PAGE,
) -> DeliveryPage:
    """What is still expected, by the day on which it is expected."""
    given = () if branch_id is None else (branch_id,)
    listed = _open if branch_id is None else _open_at
    return _page(listed, transaction, given, after, limit)


def overdue_deliveries(
    transaction: Transaction,
    *,
    today: date,
    branch_id: int | None = None,
    after: After | None = None,
    limit: int = PAGE,
) -> DeliveryPage:
    """What should have come before today and has not, or not all of it: the longest first."""
    given: tuple[Any, ...] = (today,) if branch_id is None else (today, branch_id)
    listed = _overdue if branch_id is None else _overdue_at
    return _page(listed, transaction, given, after, limit)


def _page(
    listed: Callable[..., list[Delivery]],
    transaction: Transaction,
    given: Sequence[Any],
    after: After | None,
    limit: int,
) -> DeliveryPage:
    at_most = min(max(limit, 1), MOST)
    # One more than asked for: it tells whether there is a next page.
    found = listed(transaction, *given, *(after or _START), at_most + 1)
    page = tuple(found[:at_most])
    if len(found) <= at_most:
        return DeliveryPage(page, None)
    return DeliveryPage(page, After(page[-1].expected or _NO_DAY, page[-1].id))


def expected_copies(transaction: Transaction, record_id: int) -> list[Copy]:
    """Copies of the title that are on order, as far as the rules of holds ask; on no shelf."""
    return [
        Copy(
            *(-line_id, "", branch_id, group, "", "", "", "", None, None),
            *(branch_id, None, None, None),
        )
        for line_id, branch_id, group in _expected_copies(transaction, record_id)
    ]
