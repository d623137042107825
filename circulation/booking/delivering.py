"""Handing a booking out, lending it onward to a class, and taking it back.

Whoever lends an item to the borrower of a booking that it belongs to delivers it, at a
self-service machine too; these verbs do so for a whole set at once, and say what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from catalogue.database import Statement, Transaction, columns, many, scalars
from catalogue.schema import items
from circulation.booking.bookings import find_booking
from circulation.booking.closing import close_if_all_back
from circulation.booking.facts import BookingFacts, booking_facts, lock_copies
from circulation.booking.results import BookingReturned, Delivered, OutFor
from circulation.booking.schema import booking_loans, stays
from circulation.holds.facts import lock_queue
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Refusal, Refused
from circulation.loans.batches import check_in_stack, check_out_stack
from circulation.loans.onward import LentOnward, lend_onward
from circulation.loans.schema import loans
from circulation.patrons.groups import members_of
from circulation.patrons.identifiers import known_as
from circulation.patrons.schema import patrons

_holder = patrons.alias("holder")


@many(OutFor)
def out_for(*, booking_id: int) -> Statement:
    """What was lent for the booking and is not back, by barcode."""
    return (
        select(*columns(OutFor, items, loans, holder=_holder.c.name))
        .select_from(
            booking_loans.join(loans, loans.c.id == booking_loans.c.loan_id)
            .join(items, items.c.id == loans.c.item_id)
            .outerjoin(_holder, _holder.c.id == loans.c.co_patron_id)
        )
        .where(booking_loans.c.booking_id == booking_id, loans.c.checked_in.is_(None))
        .order_by(items.c.barcode)
    )


@scalars(str)
def _waiting(*, booking_id: int) -> Statement:
    return (
        select(items.c.barcode)
        .select_from(
            stays.join(items, items.c.id == stays.c.item_id).outerjoin(
                loans, (loans.c.item_id == items.c.id) & loans.c.checked_in.is_(None)
            )
        )
        .where(
            stays.c.booking_id == booking_id,
            stays.c.is_over.is_(False),
            stays.c.branch_id == stays.c.seen_branch_id,
            loans.c.id.is_(None),
        )
        .order_by(items.c.barcode)
    )


def deliver_booking(
    act: Act, *, booking_id: int, barcodes: Sequence[str] | None = None
) -> Delivered | Refused:
    """Lends the set to the booking's borrower, through the booking's last day.

    `barcodes` None is all that was set aside and has arrived. Each item is decided on its own, and
    one that is no copy of the booking is not lent. Where the booking says so, the class has the
    copies at once, by name, a pupil each. Delivering can go on as long as copies are promised.
    """
    transaction, circulation = act.transaction, act.circulation
    known = _open(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    borrower = (
        known_as(transaction, patron_id=known.patron_id) if known.patron_id is not None else None
    )
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if barcodes is None:
        barcodes = _waiting(transaction, booking_id=booking_id)
    suits = _barcodes_of(transaction, known.record_id)
    ours = [barcode for barcode in barcodes if barcode in suits]
    lent = iter(check_out_stack(act, patron=borrower, barcodes=ours))
    answers = tuple(
        next(lent) if barcode in suits else Refused((Refusal(Reason.NOT_FOR_BOOKING),))
        for barcode in barcodes
    )
    given: dict[str, str] = {}
    if known.lends_onward and known.group_id is not None:
        handed = [each.item.barcode for each in answers if isinstance(each, CheckedOut)]
        given = _to_class(act, known.group_id, handed, booking_id)
    booking = find_booking(transaction, circulation.current_set_up(transaction), booking_id)
    assert booking is not None
    return Delivered(booking, answers, given)


def _open(transaction: Transaction, booking_id: int) -> BookingFacts | Refused:
    """Return the open booking with the copies of its title locked, as every change of it needs."""
    found = booking_facts(transaction, booking_id=booking_id)
    if found is not None:
        lock_copies(transaction, record_id=found.record_id)
        found = booking_facts(transaction, booking_id=booking_id)
    if found is None or found.closed is not None:
        return Refused((Refusal(Reason.BOOKING_UNKNOWN),))
    return found


@scalars(str)
def _of_record(*, record_id: int) -> Statement:
    return select(items.c.barcode).where(items.c.record_id == record_id)


def _barcodes_of(transaction: Transaction, record_id: int) -> set[str]:
    return set(_of_record(transaction, record_id=record_id))


def _to_class(act: Act, group_id: int, barcodes: Sequence[str], booking_id: int) -> dict[str, str]:
    """A copy to each member of the class who has none of the booking yet, as far as they go."""
    transaction = act.transaction
    have = set(_holders(transaction, booking_id=booking_id))
    without = [
        member for member in members_of(transaction, group_id=group_id) if member not in have
    ]
    given = {}
    left = list(barcodes)
    for member in without:
        identifier = known_as(transaction, patron_id=member)
        if not left:
            break
        if identifier is None:
            continue
        answer = lend_onward(act, item=left[0], to=identifier)
        if isinstance(answer, LentOnward) and answer.holder is not None:
            given[left.pop(0)] = answer.holder.name
    return given


@scalars(int)
def _holders(*, booking_id: int) -> Statement:
    return (
        select(loans.c.co_patron_id)
        .select_from(booking_loans.join(loans, loans.c.id == booking_loans.c.loan_id))
        .where(
            booking_loans.c.booking_id == booking_id,
            loans.c.checked_in.is_(None),
            loans.c.co_patron_id.is_not(None),
        )
    )


def lend_booking_onward(
    act: Act, *, booking_id: int, pairs: Sequence[tuple[str, str]] = ()
) -> dict[str, LentOnward | Refused] | Refused:
    """Gives copies of the booking to pupils, each barcode to the identifier beside it.

    An answer for each barcode; without pairs the class of the booking is served by name.
    """
    transaction = act.transaction
    known = _open(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    out = {each.barcode: each for each in out_for(transaction, booking_id=booking_id)}
    if not pairs and known.group_id is not None:
        free = [barcode for barcode, each in out.items() if each.holder is None]
        have = set(_holders(transaction, booking_id=booking_id))
        pupils = [
            identifier
            for member in members_of(transaction, group_id=known.group_id)
            if member not in have
            and (identifier := known_as(transaction, patron_id=member)) is not None
        ]
        pairs = list(zip(free, pupils, strict=False))
    return {
        barcode: lend_onward(act, item=barcode, to=identifier)
        if barcode in out
        else Refused((Refusal(Reason.NOT_FOR_BOOKING),))
        for barcode, identifier in pairs
    }


def return_booking(
    act: Act, *, booking_id: int, barcodes: Sequence[str], is_all: bool = False
) -> BookingReturned | Refused:
    """Takes copies of a booking back, and says which are missing still.

    The booking ends when the last is back, also one by one at any desk; `is_all` tells that no
    more copies will be asked for, where fewer were lent than promised. A booking that is over
    takes nothing back: its copies are handed in as any others.
    """
    transaction, circulation = act.transaction, act.circulation
    known = _open(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    answers: list[CheckedIn | Refused] = check_in_stack(act, barcodes=barcodes)
    if is_all:
        lock_queue(transaction, record_id=known.record_id)
        close_if_all_back(act, booking_id, wants_no_more=True)
    booking = find_booking(transaction, circulation.current_set_up(transaction), booking_id)
    assert booking is not None
    return BookingReturned(
        booking, tuple(answers), tuple(out_for(transaction, booking_id=booking_id))
    )
