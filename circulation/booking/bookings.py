"""Placing bookings of a title for a period.

A booking promises so many copies, between a minimum and what is preferred, and never more than are
free on each of its days and on those before and after them that the branch needs. What counts
against it is in `circulation.booking.capacity`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import insert

from catalogue.changes.former_records import present_id
from catalogue.database import Statement, Transaction, send
from catalogue.items import find_item
from circulation.booking.capacity import pools_of
from circulation.booking.facts import (
    BookingFacts,
    SupplyFacts,
    booking_facts,
    class_size,
    group_exists,
    lock_copies,
    pool_copies,
    supplies_of_booking,
    title_facts,
)
from circulation.booking.planning import (
    Share,
    Wish,
    is_supplier,
    plan,
    usual_suppliers,
    wish_refusals,
)
from circulation.booking.results import Booking, booking_of
from circulation.booking.schema import booking_supplies, bookings
from circulation.calendars.due_dates import local_date
from circulation.holds.facts import lock_queue
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.overriding import NO_OVERRIDE, Override
from circulation.kernel.reasons import Action, Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.checks import patron_refusals
from circulation.patrons.facts import PatronFacts, lock_patron, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS


@send
def _insert_booking(
    *,
    booking_id: int,
    record_id: int,
    patron_id: int | None,
    group_id: int | None,
    delivery_branch_id: int,
    first_day: date,
    last_day: date,
    preferred: int,
    minimum: int,
    lends_onward: bool,
    note: str,
    placed: datetime,
) -> Statement:
    given = locals()
    return insert(bookings).values(id=given.pop("booking_id"), **given)


@send
def _insert_supply(
    *,
    booking_id: int,
    branch_id: int,
    material_group: str,
    copies: int,
    reserved_from: date,
    reserved_until: date,
) -> Statement:
    return insert(booking_supplies).values(locals())


class BookingWish(NamedTuple):
    """Copies of the title `record_id`, or of that of `item`, from `first` through `last`.

    The borrower is a teacher, a class or an institution. `preferred` is the size of the class
    `group_id` where it is not given, and at least 1; `minimum` is what is preferred, unless it is
    given: fewer are promised where no more are free. `suppliers` are ISILs in the order in which
    they are asked, None for all that supply `delivery_branch` (None: the patron's home branch).
    `lends_onward` lends to the members of the class as soon as the booking is delivered.
    `overriding` names what staff pass over of what the patron may not do, and BOOKING_TOO_LONG.
    """

    patron: str
    first: date
    last: date
    record_id: int | None = None
    item: str | None = None
    preferred: int | None = None
    minimum: int | None = None
    suppliers: Sequence[str] | None = None
    delivery_branch: str | None = None
    group_id: int | None = None
    lends_onward: bool = False
    note: str = ""
    overriding: Override = NO_OVERRIDE


class _Known(NamedTuple):
    """What a wish names, as it was found."""

    set_up: SetUp
    borrower: PatronFacts
    record_id: int
    wish: Wish


def place_booking(act: Act, wish: BookingWish) -> Booking | Refused:
    """Books the copies.

    Refused for what the patron may not do as a hold would be; NOT_ENOUGH_COPIES says in `limit`
    how many there could be. Raises ValueError where there is no such group.
    """
    known = _known(act, wish)
    if isinstance(known, Refused):
        return known
    transaction, circulation, _, now = act
    set_up, borrower, record_id, asked = known
    today = local_date(now, asked.delivery.timezone)
    counted = set_up.counted_at(asked.delivery.id)
    found = patron_refusals(borrower, Action.HOLD, today, counted)
    found += wish_refusals(asked, today)
    if asked.first < today:
        found.append(Refusal(Reason.BOOKING_DATES_WRONG))
    left = wish.overriding.left_of(found)
    planned = None if left else plan_title(transaction, set_up, record_id, asked, today)
    if isinstance(planned, Refusal) and Reason.BOOKING_TOO_LONG in wish.overriding.reasons:
        longer = replace(asked, however_long=True)
        planned = plan_title(transaction, set_up, record_id, longer, today)
        if not isinstance(planned, Refusal):
            found.append(Refusal(Reason.BOOKING_TOO_LONG))
    if not isinstance(planned, list):
        refusals = (*dict.fromkeys(found), *([planned] if planned else ()))
        return Refused(refusals, patron=borrower.patron())

    booking_id = circulation.ids.next(now)
    _insert_booking(
        transaction,
        booking_id=booking_id,
        record_id=record_id,
        patron_id=borrower.id,
        group_id=wish.group_id,
        delivery_branch_id=asked.delivery.id,
        first_day=asked.first,
        last_day=asked.last,
        preferred=asked.preferred,
        minimum=asked.minimum,
        lends_onward=wish.lends_onward,
        note=wish.note,
        placed=now,
    )
    store_supplies(transaction, booking_id, planned)
    booking = find_booking(transaction, set_up, booking_id)
    assert booking is not None
    write_booking(act, EventKind.BOOKING_PLACED, None, booking, wish.overriding.noted(found))
    return booking


def _known(act: Act, wish: BookingWish) -> _Known | Refused:
    transaction, circulation = act.transaction, act.circulation
    patron = IDENTIFIERS.of(circulation).stored(wish.patron)
    record_id = _record_under_locks(transaction, wish)
    lock_patron(transaction, identifier=patron)
    borrower = patron_facts(transaction, identifier=patron, now=act.now)
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    delivery = _branch(set_up, wish.delivery_branch) or (
        None if wish.delivery_branch else set_up.branches[borrower.home_branch_id]
    )
    suppliers = None if delivery is None else suppliers_of(set_up, delivery, wish.suppliers)
    unknown = []
    if record_id is None:
        unknown.append(Reason.RECORD_UNKNOWN if wish.item is None else Reason.ITEM_UNKNOWN)
    if delivery is None or suppliers is None:
        unknown.append(Reason.BRANCH_UNKNOWN)
    if record_id is None or delivery is None or suppliers is None:
        return Refused(tuple(Refusal(reason) for reason in unknown), patron=borrower.patron())
    if wish.group_id is not None and group_exists(transaction, group_id=wish.group_id) is None:
        raise ValueError("there is no such group")
    preferred = wish.preferred
    if preferred is None:
        size = 1 if wish.group_id is None else class_size(transaction, group_id=wish.group_id)
        preferred = max(size, 1)
    least = preferred if wish.minimum is None else wish.minimum
    category, first, last = borrower.category, wish.first, wish.last
    asked = Wish(category, first, last, preferred, least, suppliers, delivery)
    return _Known(set_up, borrower, record_id, asked)


def find_booking(transaction: Transaction, set_up: SetUp, booking_id: int) -> Booking | None:
    """The booking, open or closed."""
    facts = booking_facts(transaction, booking_id=booking_id)
    if facts is None:
        return None
    return booking_of(facts, supplies_of_booking(transaction, booking_id=booking_id), set_up)


def open_booking(
    transaction: Transaction, booking_id: int
) -> tuple[BookingFacts, list[SupplyFacts]] | Refused:
    """An open booking with its title locked: copies, then queue."""
    found = booking_facts(transaction, booking_id=booking_id)
    if found is not None:
        lock_copies(transaction, record_id=found.record_id)
        lock_queue(transaction, record_id=found.record_id)
        found = booking_facts(transaction, booking_id=booking_id)
    if found is None or found.closed is not None:
        return Refused((Refusal(Reason.BOOKING_UNKNOWN),))
    return found, supplies_of_booking(transaction, booking_id=booking_id)


def _branch(set_up: SetUp, isil: str | None) -> Branch | None:
    return next((each for each in set_up.branches.values() if each.isil == isil), None)


def suppliers_of(
    set_up: SetUp, delivery: Branch, isils: Sequence[str] | None
) -> Sequence[Branch] | None:
    """The branches to ask, those that may not supply the other left out; None: one is unknown."""
    if isils is None:
        return usual_suppliers(set_up, delivery)
    found = [_branch(set_up, isil) for isil in dict.fromkeys(isils)]
    if any(branch is None for branch in found):
        return None
    return [branch for branch in found if branch and is_supplier(set_up, branch, delivery)]


def _record(transaction: Transaction, record_id: int | None, item: str | None) -> int | None:
    if item is not None:
        found = find_item(transaction, item)
        return found.record_id if found else None
    known: int | None = None if record_id is None else present_id(transaction, record_id)
    return known


def _record_under_locks(transaction: Transaction, wish: BookingWish) -> int | None:
    """Return the title that is wanted, its copies locked; it may be merged before they are."""
    record_id, locked = _record(transaction, wish.record_id, wish.item), None
    while record_id is not None and record_id != locked:
        lock_copies(transaction, record_id=record_id)
        locked, record_id = record_id, _record(transaction, wish.record_id, wish.item)
    return record_id


def plan_title(
    transaction: Transaction,
    set_up: SetUp,
    record_id: int,
    wish: Wish,
    today: date,
    without_booking: int | None = None,
) -> list[Share] | Refusal:
    """What the pools of the title give, which is locked from now on."""
    lock_copies(transaction, record_id=record_id)
    lock_queue(transaction, record_id=record_id)
    title = title_facts(transaction, record_id)
    pools = pools_of(
        pool_copies(set_up, title.copies),
        [facts.supply() for facts in title.supplies],
        today,
        without_booking=without_booking,
    )
    return plan(wish, pools, set_up, today)


def store_supplies(transaction: Transaction, booking_id: int, shares: list[Share]) -> None:
    for share in shares:
        _insert_supply(
            transaction,
            booking_id=booking_id,
            branch_id=share.pool.branch_id,
            material_group=share.pool.material_group,
            copies=share.copies,
            reserved_from=share.reserved_from,
            reserved_until=share.reserved_until,
        )


def write_booking(
    act: Act,
    kind: EventKind,
    before: Booking | None,
    after: Booking,
    noted: Mapping[str, Any] = {},
) -> None:
    """The event names no patron: the booking says whose it is, as long as it may. `noted` is what
    it tells besides."""
    append_event(
        act,
        NewEvent(
            kind,
            before=None if before is None else _told(before),
            after={"booking": after.id} | _told(after) | dict(noted),
        ),
    )


def _told(booking: Booking) -> dict[str, Any]:
    return {
        "record": booking.record_id,
        "first": booking.first.isoformat(),
        "last": booking.last.isoformat(),
        "copies": booking.copies,
        "preferred": booking.preferred,
        "minimum": booking.minimum,
        "supplies": {each.branch.isil: each.copies for each in booking.supplies},
    }
