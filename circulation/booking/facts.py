"""The facts of bookings: what is promised of a title, its copies, one booking in full.

Bookings of a title change, and are counted against its loans, only under the lock of its queue
(`circulation.holds.facts.lock_queue`). Whoever places or changes one locks the title's items before
that (`lock_copies`), as all verbs lock items first: so a check-out that is under way is either seen
by the booking, or sees it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select

from catalogue.database import (
    Statement,
    Transaction,
    columns,
    lock,
    many,
    one,
    scalar,
    scalar_one,
    scalars,
)
from catalogue.schema import items, records
from circulation.booking.capacity import PoolCopy, PoolKey, Supply
from circulation.booking.schema import (
    booking_loans,
    booking_supplies,
    bookings,
    stays,
    temporary_placements,
)
from circulation.calendars.due_dates import local_date
from circulation.holds.schema import captures
from circulation.items.schema import missing_items, transits
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans
from circulation.patrons.schema import patron_group_members, patron_groups, patrons


class BookingFacts(NamedTuple):
    """A booking with its title, its borrower and its class: one row."""

    id: int
    record_id: int
    title: str
    author: str
    patron_id: int | None
    patron_name: str | None
    patron_category: str | None
    group_id: int | None
    group_name: str | None
    delivery_branch_id: int
    first: date
    last: date
    preferred: int
    minimum: int
    lends_onward: bool
    note: str
    placed: datetime
    closed: datetime | None
    outcome: str | None


class SupplyFacts(NamedTuple):
    """What an open or closed booking takes from a pool, and how far that has come."""

    booking_id: int
    patron_id: int | None
    branch_id: int
    material_group: str
    first: date
    last: date
    copies: int
    reserved_from: date
    reserved_until: date
    delivered: int
    returned: int
    set_aside: int  # copies that wait for the borrower

    def supply(self) -> Supply:
        pool = PoolKey(self.branch_id, self.material_group)
        return Supply(
            self.booking_id,
            self.patron_id or 0,
            pool,
            self.first,
            self.last,
            self.copies,
            self.reserved_from,
            self.reserved_until,
            self.delivered,
            self.returned,
        )

    @property
    def to_set_aside(self) -> int:
        return max(self.copies - self.delivered - self.set_aside, 0)


class CopyFacts(NamedTuple):
    """A copy of the title that is neither missing, lost nor said to have been returned."""

    id: int
    barcode: str
    branch_id: int
    material_group: str
    location: str
    sublocation: str
    call_number: str
    due: datetime | None
    loan_booking_id: int | None
    hold_id: int | None
    hold_released: datetime | None
    transit_to_id: int | None
    stay_booking_id: int | None
    stay_placement_id: int | None
    stay_is_over: bool | None
    placement_ends: date | None

    @property
    def pool(self) -> PoolKey:
        return PoolKey(self.branch_id, self.material_group)

    @property
    def is_on_shelf(self) -> bool:
        """Can it be fetched from where it belongs?"""
        is_elsewhere = self.stay_booking_id is not None or self.stay_placement_id is not None
        return (
            self.due is None
            and self.hold_id is None
            and self.transit_to_id is None
            and not is_elsewhere
        )

    def copy(self, timezone: str) -> PoolCopy:
        kept = self.stay_placement_id is not None and not self.stay_is_over
        return PoolCopy(
            self.id,
            self.pool,
            None if self.due is None else local_date(self.due, timezone),
            self.loan_booking_id,
            self.hold_id is not None and self.hold_released is None,
            (self.placement_ends or date.max) if kept else None,
            None if self.stay_is_over else self.stay_booking_id,
        )


def _select_bookings(*conditions: ColumnElement[bool]) -> Select[Any]:
    told = {
        "id": bookings.c.id,
        "patron_name": patrons.c.name,
        "patron_category": patrons.c.category,
        "group_name": patron_groups.c.name,
        "first": bookings.c.first_day,
        "last": bookings.c.last_day,
        "title": records.c.title,
        "author": records.c.author,
    }
    return (
        select(*columns(BookingFacts, bookings, **told))
        .select_from(
            bookings.join(records, records.c.id == bookings.c.record_id)
            .outerjoin(patrons, patrons.c.id == bookings.c.patron_id)
            .outerjoin(patron_groups, patron_groups.c.id == bookings.c.group_id)
        )
        .where(*conditions)
    )


def _loans_of_supply(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(booking_loans.join(loans, loans.c.id == booking_loans.c.loan_id))
        .where(
            booking_loans.c.booking_id == booking_supplies.c.booking_id,
            booking_loans.c.branch_id == booking_supplies.c.branch_id,
            booking_loans.c.material_group == booking_supplies.c.material_group,
            *conditions,
        )
        .correlate(booking_supplies)
        .scalar_subquery()
    )


#: Those on loan already wait for nobody any more, though their stay lasts until they come back.
_SET_ASIDE = (
    select(func.count())
    .select_from(
        stays.join(items, items.c.id == stays.c.item_id).outerjoin(
            loans, (loans.c.item_id == stays.c.item_id) & loans.c.checked_in.is_(None)
        )
    )
    .where(
        stays.c.booking_id == booking_supplies.c.booking_id,
        stays.c.is_over.is_(False),
        items.c.branch_id == booking_supplies.c.branch_id,
        items.c.material_group == booking_supplies.c.material_group,
        loans.c.id.is_(None),
    )
    .correlate(booking_supplies)
    .scalar_subquery()
)


def _select_supplies(*conditions: ColumnElement[bool]) -> Select[Any]:
    told = {
        "booking_id": bookings.c.id,
        "patron_id": bookings.c.patron_id,
        "first": bookings.c.first_day,
        "last": bookings.c.last_day,
        "delivered": _loans_of_supply(),
        "returned": _loans_of_supply(loans.c.checked_in.is_not(None)),
        "set_aside": _SET_ASIDE,
    }
    return (
        select(*columns(SupplyFacts, booking_supplies, **told))
        .select_from(
            bookings.join(booking_supplies, booking_supplies.c.booking_id == bookings.c.id)
        )
        .where(*conditions)
        .order_by(bookings.c.id, booking_supplies.c.branch_id, booking_supplies.c.material_group)
    )


_IS_OPEN = bookings.c.closed.is_(None)


@one(BookingFacts)
def booking_facts(*, booking_id: int) -> Statement:
    return _select_bookings(bookings.c.id == booking_id)


#: The open bookings of a borrower, of a title; those that a branch supplies or hands out.
@many(BookingFacts)
def bookings_of_patron(*, patron_id: int) -> Statement:
    return _select_bookings(bookings.c.patron_id == patron_id, _IS_OPEN).order_by(
        bookings.c.first_day, bookings.c.id
    )


@many(BookingFacts)
def bookings_of_record(*, record_id: int) -> Statement:
    return _select_bookings(bookings.c.record_id == record_id, _IS_OPEN).order_by(
        bookings.c.first_day, bookings.c.id
    )


def _supplied_here(branch_id: int) -> Select[Any]:
    return select(booking_supplies.c.booking_id).where(booking_supplies.c.branch_id == branch_id)


@many(BookingFacts)
def bookings_of_branch(*, branch_id: int, until: date) -> Statement:
    return _select_bookings(
        bookings.c.id.in_(_supplied_here(branch_id)) | (bookings.c.delivery_branch_id == branch_id),
        _IS_OPEN,
        bookings.c.first_day <= until,
    ).order_by(bookings.c.first_day, bookings.c.id)


#: Open bookings whose last day is past, by id.
@many(BookingFacts)
def bookings_over(*, today: date, after_id: int, at_most: int) -> Statement:
    return (
        _select_bookings(_IS_OPEN, bookings.c.last_day < today, bookings.c.id > after_id)
        .order_by(bookings.c.id)
        .limit(at_most)
    )


@many(SupplyFacts)
def supplies_of_booking(*, booking_id: int) -> Statement:
    return _select_supplies(bookings.c.id == booking_id)


#: What the open bookings of the title take.
@many(SupplyFacts)
def supplies_of_record(*, record_id: int) -> Statement:
    return _select_supplies(bookings.c.record_id == record_id, _IS_OPEN)


#: The copies of the title, by id.
@many(CopyFacts)
def copies_to_book(*, record_id: int) -> Statement:
    told = {
        "loan_booking_id": booking_loans.c.booking_id,
        "due": loans.c.due,
        "hold_id": captures.c.hold_id,
        "hold_released": captures.c.released,
        "transit_to_id": transits.c.to_branch_id,
        "stay_booking_id": stays.c.booking_id,
        "stay_placement_id": stays.c.placement_id,
        "stay_is_over": stays.c.is_over,
        "placement_ends": temporary_placements.c.ends,
    }
    return (
        select(*columns(CopyFacts, items, **told))
        .select_from(
            items.outerjoin(loans, (loans.c.item_id == items.c.id) & loans.c.checked_in.is_(None))
            .outerjoin(booking_loans, booking_loans.c.loan_id == loans.c.id)
            .outerjoin(captures, captures.c.item_id == items.c.id)
            .outerjoin(transits, transits.c.item_id == items.c.id)
            .outerjoin(stays, stays.c.item_id == items.c.id)
            .outerjoin(temporary_placements, temporary_placements.c.id == stays.c.placement_id)
            .outerjoin(missing_items, missing_items.c.item_id == items.c.id)
        )
        .where(
            items.c.record_id == record_id,
            missing_items.c.item_id.is_(None),
            items.c.not_for_loan == "",
            loans.c.mark.is_(None),
        )
        .order_by(items.c.id)
    )


#: The titles that have open bookings.
@scalars(int)
def booked_records() -> Statement:
    return select(bookings.c.record_id).distinct().where(_IS_OPEN)


@lock
def lock_copies(*, record_id: int) -> Statement:
    return (
        select(items.c.id)
        .where(items.c.record_id == record_id)
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


#: Who is in the class, without those of groups below it.
@scalar_one(int)
def class_size(*, group_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(patron_group_members)
        .where(patron_group_members.c.group_id == group_id)
    )


@scalar(int)
def group_exists(*, group_id: int) -> Statement:
    return select(patron_groups.c.id).where(patron_groups.c.id == group_id)


class TitleFacts(NamedTuple):
    """All that bookings of a title are reckoned from."""

    copies: list[CopyFacts]
    supplies: list[SupplyFacts]


def title_facts(transaction: Transaction, record_id: int) -> TitleFacts:
    """The copies of the title and what open bookings take; read it under the lock of its queue."""
    return TitleFacts(
        copies_to_book(transaction, record_id=record_id),
        supplies_of_record(transaction, record_id=record_id),
    )


def pool_copies(set_up: SetUp, copies: list[CopyFacts]) -> list[PoolCopy]:
    """The copies with their days as the clocks of their branches have them."""
    return [copy.copy(set_up.branches[copy.branch_id].timezone) for copy in copies]
