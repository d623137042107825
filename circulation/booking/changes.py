"""Changing, lengthening and cancelling bookings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from catalogue.database import many, send
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
from circulation.booking.facts import BookingFacts, pool_copies, title_facts
from circulation.booking.planning import Share, Wish, reserved, wish_refusals
from circulation.booking.results import Booking, BookingOutcome, booking_of
from circulation.booking.schema import booking_loans, booking_supplies, bookings
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.loans.schema import loans

_CHANGED = ("first_day", "last_day", "preferred", "minimum", "note")
_update_booking = send(
    update(bookings)
    .where(bookings.c.id == bindparam("booking_id"))
    .values(
        {
            bookings.c[name]: bindparam(f"new_{name}", type_=bookings.c[name].type)
            for name in _CHANGED
        }
    ),
    "booking_id",
    *(f"new_{name}" for name in _CHANGED),
)
_delete_supplies = send(
    delete(booking_supplies).where(booking_supplies.c.booking_id == bindparam("booking_id")),
    "booking_id",
)
_open_loans: Callable[..., list[Any]] = many(
    select(loans.c.id, loans.c.item_id, loans.c.patron_id, loans.c.due, loans.c.branch_id)
    .select_from(booking_loans.join(loans, loans.c.id == booking_loans.c.loan_id))
    .where(booking_loans.c.booking_id == bindparam("booking_id"), loans.c.checked_in.is_(None))
    .order_by(loans.c.id),
    None,
    "booking_id",
)
_redate = send(
    update(loans)
    .where(loans.c.id == bindparam("loan_id"), loans.c.checked_in.is_(None))
    .values(due=bindparam("new_due")),
    "loan_id",
    "new_due",
)


@dataclass(frozen=True, slots=True)
class BookingChanged:
    """The booking before and after."""

    before: Booking
    after: Booking


def change_booking(
    act: Act,
    *,
    booking_id: int,
    first: date | None = None,
    last: date | None = None,
    preferred: int | None = None,
    minimum: int | None = None,
    suppliers: Sequence[str] | None = None,
    note: str | None = None,
) -> BookingChanged | Refused:
    """Changes the period, the copies or the note of an open booking; what is None stays.

    Where all the copies were wanted, with no fewer, that holds for another number of them too.

    All or nothing: where it cannot be changed so, it stays as it is. Once copies were set aside or
    lent, only the note can be changed (BOOKING_UNDER_WAY), and the last day by `extend_booking`.
    """
    transaction, circulation, desk, now = act
    set_up = circulation.current_set_up(transaction)
    known = open_booking(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    facts, supplies = known
    before = booking_of(facts, supplies, set_up)
    asked = suppliers_of(set_up, before.delivery_branch, suppliers)
    if asked is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
    wish = Wish(
        facts.patron_category or "",
        first or facts.first,
        last or facts.last,
        facts.preferred if preferred is None else preferred,
        _least(facts, preferred) if minimum is None else minimum,
        asked,
        before.delivery_branch,
    )
    is_same = (wish.first, wish.last, wish.preferred, wish.minimum, suppliers) == (
        facts.first,
        facts.last,
        facts.preferred,
        facts.minimum,
        None,
    )
    if not is_same:
        if any(supply.set_aside or supply.delivered for supply in supplies):
            return Refused((Refusal(Reason.BOOKING_UNDER_WAY),))
        today = local_date(now, before.delivery_branch.timezone)
        found = wish_refusals(wish, today)
        if wish.first < min(today, facts.first):
            found.append(Refusal(Reason.BOOKING_DATES_WRONG))
        if found:
            return Refused(tuple(dict.fromkeys(found)))
        planned = plan_title(transaction, set_up, facts.record_id, wish, today, booking_id)
        if isinstance(planned, Refusal):
            return Refused((planned,))
        _delete_supplies(transaction, booking_id)
        store_supplies(transaction, booking_id, planned)
    _update_booking(
        transaction,
        booking_id,
        wish.first,
        wish.last,
        wish.preferred,
        wish.minimum,
        facts.note if note is None else note,
    )
    after = find_booking(transaction, set_up, booking_id)
    assert after is not None
    if after != before:
        write_booking(transaction, EventKind.BOOKING_CHANGED, desk, now, before, after)
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
    transaction, circulation, desk, now = act
    set_up = circulation.current_set_up(transaction)
    known = open_booking(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    facts, supplies = known
    before = booking_of(facts, supplies, set_up)
    today = local_date(now, before.delivery_branch.timezone)
    if last < max(facts.first, today):
        return Refused((Refusal(Reason.BOOKING_DATES_WRONG),))
    title = title_facts(transaction, facts.record_id)
    copies = [
        copy._replace(due=None, set_aside_for=None)
        if booking_id in (copy.loan_booking_id, copy.set_aside_for)
        else copy
        for copy in pool_copies(set_up, title.copies)
    ]
    others = [supply.supply() for supply in title.supplies]
    pools = pools_of(copies, others, today, without_booking=booking_id)
    shares = []
    for each in supplies:
        supply = each.supply()
        terms = set_up.terms(
            each.branch_id, facts.patron_category or "", supply.pool.material_group
        )
        if terms.max_booking_days and (last - facts.first).days >= terms.max_booking_days:
            return Refused((Refusal(Reason.BOOKING_TOO_LONG, limit=terms.max_booking_days),))
        _, until = reserved(facts.first, last, terms)
        free = pools[supply.pool].free(max(supply.reserved_from, today), max(until, today))
        if last > facts.last and free < supply.held:
            return Refused((Refusal(Reason.NOT_ENOUGH_COPIES, limit=free),))
        shares.append(Share(supply.pool, supply.copies, supply.reserved_from, until))
    _delete_supplies(transaction, booking_id)
    store_supplies(transaction, booking_id, shares)
    _update_booking(
        transaction,
        booking_id,
        facts.first,
        last,
        facts.preferred,
        facts.minimum,
        facts.note,
    )
    for loan_id, item_id, patron_id, due, branch_id in _open_loans(transaction, booking_id):
        timezone = set_up.branches[branch_id].timezone
        if due == end_of_day(facts.last, timezone) and last != facts.last:
            new = end_of_day(last, timezone)
            _redate(transaction, loan_id, new)
            write_event(
                transaction,
                EventKind.LOAN_REDATED,
                desk,
                now,
                item_id=item_id,
                patron_id=patron_id,
                loan_id=loan_id,
                before={"due": due.isoformat()},
                after={"due": new.isoformat(), "booking": booking_id},
            )
    after = find_booking(transaction, set_up, booking_id)
    assert after is not None
    if after != before:
        write_booking(transaction, EventKind.BOOKING_CHANGED, desk, now, before, after)
    return BookingChanged(before, after)


def cancel_booking(
    act: Act, *, booking_id: int, refused: bool = False, why: str = ""
) -> Booking | Refused:
    """Ends a booking; what was set aside for it goes home.

    `refused`: it is the library that cannot meet it; `why` are its words to the borrower.
    Refused with BOOKING_UNDER_WAY while copies that were lent for it are out: return them.
    """
    transaction, circulation, desk, now = act
    set_up = circulation.current_set_up(transaction)
    known = open_booking(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    _, supplies = known
    if any(supply.delivered > supply.returned for supply in supplies):
        return Refused((Refusal(Reason.BOOKING_UNDER_WAY),))
    outcome = BookingOutcome.REFUSED if refused else BookingOutcome.CANCELLED
    close_booking(transaction, desk, booking_id, outcome, now, why=why)
    booking = find_booking(transaction, set_up, booking_id)
    assert booking is not None
    return booking
