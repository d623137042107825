"""Bookings: copies of a title for a period, as teachers and institutions book them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from circulation.booking.bookings import BookingWish, place_booking
from circulation.booking.changes import BookingChanges, cancel_booking, change_booking
from circulation.booking.facts import copies_to_book
from circulation.booking.lists import patron_bookings, title_bookings
from circulation.booking.results import Booking, BookingState
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.rights import Kind
from circulation.patrons.groups import groups_of, groups_with
from circulation.staff.lookups import Seen
from protocols.fbs.calls import Request, Undone
from protocols.fbs.handling.looking import act_for, known_by, note_look
from protocols.fbs.handling.material import wire_number
from protocols.fbs.messages import ChangedBooking, CreateBooking
from protocols.fbs.problems import malformed
from protocols.fbs.refusals import SUCCESS, booking_result
from protocols.hosting.answering import Context
from protocols.records.naming import record_ids, records_called

_STATES: Final = {
    BookingState.PLACED: "active",
    BookingState.IN_PREPARATION: "beingFulfilled",
    BookingState.DELIVERED: "fulfilled",
}
_OTHER: Final = "other"
#: What FBS asks for where a booking is of no group.
_NO_GROUP: Final = 0


def list_bookings(request: Request, context: Context) -> list[dict[str, Any]]:
    """The patron's open bookings, by first day."""
    note_look(request, context, Seen.HOLDS, request.place.id)
    return _told(_its(request, context), context)


def _its(request: Request, context: Context) -> list[Booking]:
    return patron_bookings(context.circulation, context.transaction, request.place.id)


def book(request: Request, context: Context) -> list[dict[str, Any]]:
    """Places all bookings, or none where one cannot be."""
    answers: list[Booking | str] = [
        _booked(request, wish, context) for wish in request.body.bookings
    ]
    results = [each if isinstance(each, str) else SUCCESS for each in answers]
    placed = [each for each in answers if isinstance(each, Booking)]
    if len(placed) < len(answers):
        refused = [{"result": each} for each in results]
        if placed:
            raise Undone(refused)
        return refused
    told = _told(placed, context)
    return [{"result": SUCCESS, "booking": each} for each in told]


def _booked(request: Request, wish: CreateBooking, context: Context) -> Booking | str:
    """The booking, or the word for why it cannot be."""
    for field, isil in (
        ("requestedFromBranchId", wish.requested_from),
        ("deliverBranchId", wish.deliver_to),
    ):
        if request.agency.branch(isil) is None:
            raise malformed(field, "the library has no such branch")
    group = wish.group_id or None
    if group is not None and not _may_name(request, group, context):
        return _OTHER
    records = records_called(context.transaction, [wish.record_id]).get(wish.record_id, [])
    if not records:
        return _OTHER
    with_copies = (each for each in records if copies_to_book(context.transaction, record_id=each))
    answer = place_booking(
        act_for(request, context),
        BookingWish(
            known_by(request.place),
            wish.period.first_day,
            wish.period.last_day,
            record_id=next(with_copies, records[0]),
            preferred=wish.preferred,
            minimum=wish.minimum,
            suppliers=[wish.requested_from],
            delivery_branch=wish.deliver_to,
            group_id=group,
            lends_onward=wish.lends_onward and group is not None,
            note=wish.note,
        ),
    )
    return booking_result(answer.refusals) if isinstance(answer, Refused) else answer


def _may_name(request: Request, group_id: int, context: Context) -> bool:
    """A site names any group of the library, a patron one of their own: what is booked for a group
    may be lent to its members."""
    transaction = context.transaction
    if request.principal.kind is Kind.PATRON:
        return group_id in groups_with(transaction, patron_id=request.place.id)
    its = groups_of(transaction, agency_id=request.agency.id)
    return any(each.id == group_id for each in its)


def change_bookings(request: Request, context: Context) -> list[dict[str, Any]]:
    """Changes period, number, branch and note, each booking for itself."""
    its = {_id_of(each): each for each in _its(request, context)}
    act = act_for(request, context)
    answers: list[Booking | str] = []
    for wish in request.body.bookings:
        known = its.get(wish.booking_id)
        if known is None or request.agency.branch(wish.requested_from) is None:
            answers.append(booking_result((Refusal(Reason.BOOKING_UNKNOWN),)))
            continue
        answer = change_booking(act, booking_id=known.id, changes=_changes(known, wish))
        answers.append(
            booking_result(answer.refusals) if isinstance(answer, Refused) else answer.after
        )
    told = iter(_told([each for each in answers if isinstance(each, Booking)], context))
    return [
        {"result": each} if isinstance(each, str) else {"result": SUCCESS, "booking": next(told)}
        for each in answers
    ]


def _changes(known: Booking, wish: ChangedBooking) -> BookingChanges:
    """What is different from what there is."""
    first, last = wish.period.first_day, wish.period.last_day
    is_moved = wish.requested_from != _supplier(known)
    return BookingChanges(
        first if first != known.first else None,
        last if last != known.last else None,
        wish.preferred if wish.preferred != known.preferred else None,
        wish.minimum if wish.minimum != known.minimum else None,
        [wish.requested_from] if is_moved else None,
        wish.note,
    )


def drop_bookings(request: Request, context: Context) -> None:
    """Gives bookings up; ids that are none of the patron's are passed over."""
    wanted = {each.strip() for each in request.query["bookingid"]}
    act = act_for(request, context)
    for each in _its(request, context):
        if _id_of(each) in wanted:
            cancel_booking(act, booking_id=each.id)


def show_what_is_booked(request: Request, context: Context) -> list[dict[str, Any]]:
    """For each branch that has copies of a title: how many, and when how many are booked."""
    number = request.path["recordid"]
    transaction = context.transaction
    copies: Counter[str] = Counter()
    booked: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    set_up = context.circulation.current_set_up(transaction)
    for record_id in records_called(transaction, [number]).get(number, []):
        for copy in copies_to_book(transaction, record_id=record_id):
            branch = set_up.branches[copy.branch_id]
            if branch.agency_id == request.agency.id:
                copies[branch.isil] += 1
        for booking in title_bookings(context.circulation, transaction, record_id):
            for supply in booking.supplies:
                booked[supply.branch.isil].append(
                    {"preferredMaterials": supply.copies, "period": _period(booking)}
                )
    return [
        {"branchId": isil, "grossNumberAvailable": number, "bookingInfo": booked[isil]}
        for isil, number in sorted(copies.items())
    ]


# Telling


def _told(found: Sequence[Booking], context: Context) -> list[dict[str, Any]]:
    records = record_ids(context.transaction, [each.record_id for each in found])
    return [_details(each, records) for each in found]


def _details(booking: Booking, records: Mapping[int, str]) -> dict[str, Any]:
    return {
        "bookingId": _id_of(booking),
        "recordId": records[booking.record_id],
        "preferredMaterials": booking.preferred,
        "minimumMaterials": booking.minimum,
        "note": booking.note,
        "period": _period(booking),
        "patronGroupId": booking.group_id or _NO_GROUP,
        "automaticForwardLoan": booking.lends_onward,
        "state": _STATES.get(booking.state, _OTHER),
        "requestedFromBranchId": _supplier(booking),
        "deliverBranchId": booking.delivery_branch.isil,
    }


def _id_of(booking: Booking) -> str:
    return str(wire_number(booking.id))


def _supplier(booking: Booking) -> str:
    """The branch that gives most of it."""
    if not booking.supplies:
        return booking.delivery_branch.isil
    return max(booking.supplies, key=lambda each: each.copies).branch.isil


def _period(booking: Booking) -> dict[str, str]:
    return {"from": booking.first.isoformat(), "to": booking.last.isoformat()}
