"""Changing, lengthening and cancelling bookings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, select, update

from catalogue.database import Statement, columns, many, send
from circulation.booking.bookings import (
    find_booking,
    open_booking,
    plan_title,
    store_supplies,
    suppliers_of,
    write_booking,
)
from circulation.booking.capacity import pools_of
from circulation.booking.closing import close_booking
from circulation.booking.facts import BookingFacts, SupplyFacts, pool_copies, title_facts
from circulation.booking.planning import Share, Wish, reserved, wish_refusals
from circulation.booking.results import Booking, BookingOutcome, booking_of
from circulation.booking.schema import booking_loans, booking_supplies, bookings
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans


@send
def _update_booking(
    *, booking_id: int, first_day: date, last_day: date, preferred: int, minimum: int, note: str
) -> Statement:
    given = locals()
    return update(bookings).where(bookings.c.id == given.pop("booking_id")).values(given)


@send
def _delete_supplies(*, booking_id: int) -> Statement:
    return delete(booking_supplies).where(booking_supplies.c.booking_id == booking_id)


class _OpenLoan(NamedTuple):
    id: int
    item_id: int
    patron_id: int | None
    due: datetime
    branch_id: int


@many(_OpenLoan)
def _open_loans(*, booking_id: int) -> Statement:
    return (
        select(*columns(_OpenLoan, loans))
        .select_from(booking_loans.join(loans, loans.c.id == booking_loans.c.loan_id))
        .where(booking_loans.c.booking_id == booking_id, loans.c.checked_in.is_(None))
        .order_by(loans.c.id)
    )


@send
def _redate(*, loan_id: int, due: datetime) -> Statement:
    return update(loans).where(loans.c.id == loan_id, loans.c.checked_in.is_(None)).values(due=due)


@dataclass(frozen=True, slots=True)
class BookingChanged:
    """The booking before and after."""

    before: Booking
    after: Booking


class BookingChanges(NamedTuple):
    """What is to be changed of a booking; what is None stays.

    Where no fewer copies would do, that holds for the new number too.
    """

    first: date | None = None
    last: date | None = None
    preferred: int | None = None
    minimum: int | None = None
    suppliers: Sequence[str] | None = None
    note: str | None = None


def change_booking(
    act: Act, *, booking_id: int, changes: BookingChanges
) -> BookingChanged | Refused:
    """Changes the period, the copies or the note of an open booking.

    All or nothing: where it cannot be changed so, it stays as it is. Once copies were set aside or
    lent, only the note can be changed (BOOKING_UNDER_WAY), and the last day by `extend_booking`.
    """
    transaction, circulation = act.transaction, act.circulation
    set_up = circulation.current_set_up(transaction)
    known = open_booking(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    facts, supplies = known
    before = booking_of(facts, supplies, set_up)
    asked = suppliers_of(set_up, before.delivery_branch, changes.suppliers)
    if asked is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
    wish = _wished(facts, changes, asked, before.delivery_branch)
    is_same = (wish.first, wish.last, wish.preferred, wish.minimum, changes.suppliers) == (
        facts.first,
        facts.last,
        facts.preferred,
        facts.minimum,
        None,
    )
    if not is_same:
        if any(supply.set_aside or supply.delivered for supply in supplies):
            return Refused((Refusal(Reason.BOOKING_UNDER_WAY),))
        refusals = _plan_again(act, set_up, facts, wish)
        if refusals:
            return Refused(tuple(refusals))
    note = facts.note if changes.note is None else changes.note
    _update_booking(
        transaction,
        booking_id=booking_id,
        first_day=wish.first,
        last_day=wish.last,
        preferred=wish.preferred,
        minimum=wish.minimum,
        note=note,
    )
    return _told(act, set_up, before)


def _wished(
    facts: BookingFacts, changes: BookingChanges, suppliers: Sequence[Branch], delivery: Branch
) -> Wish:
    preferred, minimum = changes.preferred, changes.minimum
    return Wish(
        facts.patron_category or "",
        changes.first or facts.first,
        changes.last or facts.last,
        facts.preferred if preferred is None else preferred,
        _least(facts, preferred) if minimum is None else minimum,
        suppliers,
        delivery,
    )


def _plan_again(act: Act, set_up: SetUp, facts: BookingFacts, wish: Wish) -> list[Refusal]:
    """Gives the booking other copies than it had; or why that is not possible."""
    today = local_date(act.now, wish.delivery.timezone)
    found = wish_refusals(wish, today)
    if wish.first < min(today, facts.first):
        found.append(Refusal(Reason.BOOKING_DATES_WRONG))
    if found:
        return list(dict.fromkeys(found))
    planned = plan_title(act.transaction, set_up, facts.record_id, wish, today, facts.id)
    if isinstance(planned, Refusal):
        return [planned]
    _delete_supplies(act.transaction, booking_id=facts.id)
    store_supplies(act.transaction, facts.id, planned)
    return []


def _told(act: Act, set_up: SetUp, before: Booking) -> BookingChanged:
    """Writes the event, where anything has changed."""
    after = find_booking(act.transaction, set_up, before.id)
    assert after is not None
    if after != before:
        write_booking(act, EventKind.BOOKING_CHANGED, before, after)
    return BookingChanged(before, after)


def _least(facts: BookingFacts, preferred: int | None) -> int:
    """The minimum where nothing is said of it: who wanted all copies, wants all of them still."""
    if preferred is None:
        return facts.minimum
    return preferred if facts.minimum == facts.preferred else min(facts.minimum, preferred)


def extend_booking(act: Act, *, booking_id: int, last: date) -> BookingChanged | Refused:
    """Lets the borrower keep the copies through another last day, an earlier one too.

    For bookings that are under way: each branch must be able to spare what it has given. The loans
    that were due on the last day are due on the new one, each with an event (`loan_redated`).
    """
    transaction = act.transaction
    set_up = act.circulation.current_set_up(transaction)
    known = open_booking(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    facts, supplies = known
    before = booking_of(facts, supplies, set_up)
    today = local_date(act.now, before.delivery_branch.timezone)
    if last < max(facts.first, today):
        return Refused((Refusal(Reason.BOOKING_DATES_WRONG),))
    shares = _extended(act, set_up, facts, supplies, last, today)
    if isinstance(shares, Refusal):
        return Refused((shares,))
    _delete_supplies(transaction, booking_id=booking_id)
    store_supplies(transaction, booking_id, shares)
    _update_booking(
        transaction,
        booking_id=booking_id,
        first_day=facts.first,
        last_day=last,
        preferred=facts.preferred,
        minimum=facts.minimum,
        note=facts.note,
    )
    if last != facts.last:
        _redate_loans(act, set_up, facts, last)
    return _told(act, set_up, before)


def _extended(
    act: Act,
    set_up: SetUp,
    facts: BookingFacts,
    supplies: Sequence[SupplyFacts],
    last: date,
    today: date,
) -> list[Share] | Refusal:
    """What each branch gives through the new last day; or why one cannot spare it."""
    title = title_facts(act.transaction, facts.record_id)
    copies = [
        copy._replace(due=None, set_aside_for=None)
        if facts.id in (copy.loan_booking_id, copy.set_aside_for)
        else copy
        for copy in pool_copies(set_up, title.copies)
    ]
    others = [supply.supply() for supply in title.supplies]
    pools = pools_of(copies, others, today, without_booking=facts.id)
    shares = []
    for each in supplies:
        supply = each.supply()
        terms = set_up.terms(
            each.branch_id, facts.patron_category or "", supply.pool.material_group
        )
        is_longer = last > facts.last
        if (
            is_longer
            and terms.max_booking_days
            and (last - facts.first).days >= terms.max_booking_days
        ):
            return Refusal(Reason.BOOKING_TOO_LONG, limit=terms.max_booking_days)
        _, until = reserved(facts.first, last, terms)
        free = pools[supply.pool].free(max(supply.reserved_from, today), max(until, today))
        if is_longer and free < supply.held:
            return Refusal(Reason.NOT_ENOUGH_COPIES, limit=free)
        shares.append(Share(supply.pool, supply.copies, supply.reserved_from, until))
    return shares


def _redate_loans(act: Act, set_up: SetUp, facts: BookingFacts, last: date) -> None:
    """The loans that are due on the last day of the booking are due on the new one."""
    for row in _open_loans(act.transaction, booking_id=facts.id):
        timezone = set_up.branches[row.branch_id].timezone
        if row.due != end_of_day(facts.last, timezone):
            continue
        new = end_of_day(last, timezone)
        _redate(act.transaction, loan_id=row.id, due=new)
        append_event(
            act,
            NewEvent(
                EventKind.LOAN_REDATED,
                item_id=row.item_id,
                patron_id=row.patron_id,
                loan_id=row.id,
                before={"due": row.due.isoformat()},
                after={"due": new.isoformat(), "booking": facts.id},
            ),
        )


def cancel_booking(
    act: Act, *, booking_id: int, refused: bool = False, why: str = ""
) -> Booking | Refused:
    """Ends a booking; what was set aside for it goes home.

    `refused`: it is the library that cannot meet it; `why` are its words to the borrower.
    Refused with BOOKING_UNDER_WAY while copies that were lent for it are out: return them.
    """
    transaction, circulation = act.transaction, act.circulation
    set_up = circulation.current_set_up(transaction)
    known = open_booking(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    _, supplies = known
    if any(supply.delivered > supply.returned for supply in supplies):
        return Refused((Refusal(Reason.BOOKING_UNDER_WAY),))
    outcome = BookingOutcome.REFUSED if refused else BookingOutcome.CANCELLED
    close_booking(act, booking_id, outcome, why=why)
    booking = find_booking(transaction, set_up, booking_id)
    assert booking is not None
    return booking
