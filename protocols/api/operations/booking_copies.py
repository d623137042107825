"""The copies of a booking: set aside, handed out, lent onward, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from circulation.booking import delivering, preparing
from circulation.kernel.results import CheckedIn, CheckedOut, Refused, Stay
from circulation.kernel.rights import Principal, Right
from circulation.loans.onward import LentOnward
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_here, must_work_here, note_look
from protocols.api.gate import refused_card
from protocols.api.models.answers import branch_shown
from protocols.api.models.bookings import (
    BookingDelivered,
    BookingDelivery,
    BookingReturned,
    CopiesDone,
    CopiesWish,
    CopyDone,
    OnwardWish,
    PreparingWindow,
    PutBack,
    ReturnWish,
    ShelfCopy,
    ToPrepare,
    ToPrepareList,
    out_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.bookings import ABOUT, BOOKING, booking_named, names_for, shown
from protocols.api.operations.items import status_of
from protocols.api.problems import Outcome, Problem, reasons_of, refused
from protocols.hosting.answering import Context, Lane

Answer = CheckedOut | CheckedIn | LentOnward | Stay | Refused


def show_bookings_to_prepare(
    request: Request[None, PreparingWindow], principal: Principal, context: Context
) -> ToPrepareList:
    """What the branch has to set aside for bookings that begin soon."""
    must_work_here(principal, context, Right.BOOK)
    found = preparing.bookings_to_prepare(
        context.circulation,
        context.transaction,
        branch_id=principal.branch_id,
        now=context.now,
        days_ahead=request.query.days,
    )
    note_look(request, principal, context, Seen.LIST, hits=len(found))
    names = names_for(principal, context)
    return ToPrepareList(
        tuple(
            ToPrepare(
                shown(each.booking, names),
                each.material_group,
                each.copies,
                each.short,
                tuple(ShelfCopy(*copy) for copy in each.candidates),
            )
            for each in found
        )
    )


def set_copies_aside(
    request: Request[CopiesWish, None], principal: Principal, context: Context
) -> CopiesDone | Problem:
    """Keeps copies for a booking, and sends them to where they will be handed out."""
    found, items = booking_named(request, principal, context), request.body.items
    must_have_here(principal, Right.BOOK)
    act = context.act(principal.desk)
    answers = preparing.set_aside(act, booking_id=found.id, barcodes=items)
    if isinstance(answers, Refused):
        return refused(answers, principal, request.language)
    return copies_done(zip(items, answers, strict=True), principal, request.language)


def put_copy_back(request: Plain, principal: Principal, context: Context) -> PutBack | Problem:
    """Keeps a copy for its booking no more."""
    item = request.path["item"]
    stay = status_of(item, context).stay
    here = None if stay is None else stay.seen_branch
    if here is None or not principal.may(Right.BOOK, here.agency_id, here.id):
        raise Problem(Outcome.NOT_FOUND)
    answer = preparing.put_back(context.act(principal.desk), item=item)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return PutBack(item, answer)


def deliver_booking(
    request: Request[BookingDelivery, None], principal: Principal, context: Context
) -> BookingDelivered | Problem:
    """Lends the set to its borrower. Each copy is decided on its own."""
    found, items = booking_named(request, principal, context), request.body.items
    must_have_here(principal, Right.BOOK)
    act = context.act(principal.desk)
    answer = delivering.deliver_booking(act, booking_id=found.id, barcodes=items)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    request.about = answer.booking.patron_id
    named = items or tuple(
        "" if isinstance(each, Refused) else each.item.barcode for each in answer.answers
    )
    copies = copies_done(zip(named, answer.answers, strict=True), principal, request.language)
    booking = shown(answer.booking, names_for(principal, context))
    lent_onward = answer.lent_onward if booking.borrower is not None else {}
    return BookingDelivered(booking, copies, lent_onward)


def lend_booking_onward(
    request: Request[OnwardWish, None], principal: Principal, context: Context
) -> CopiesDone | Problem:
    """Lends copies onward to pupils; the loans stay the borrower's."""
    found = booking_named(request, principal, context)
    must_have_here(principal, Right.BOOK)
    pupils = request.body.pupils
    denied = {
        each.item: answer
        for each in pupils
        if (answer := refused_card(request, each.card, principal, context, Right.BOOK))
    }
    answers = delivering.lend_booking_onward(
        context.act(principal.desk),
        booking_id=found.id,
        pairs=[(each.item, each.card) for each in pupils if each.item not in denied],
    )
    if isinstance(answers, Refused):
        return refused(answers, principal, request.language)
    return copies_done((answers | denied).items(), principal, request.language)


def return_booking(
    request: Request[ReturnWish, None], principal: Principal, context: Context
) -> BookingReturned | Problem:
    """Takes copies of a booking back, and says which are missing."""
    found, wish = booking_named(request, principal, context), request.body
    must_have_here(principal, Right.BOOK)
    answer = delivering.return_booking(
        context.act(principal.desk), booking_id=found.id, barcodes=wish.items, is_all=wish.is_all
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    request.about = answer.booking.patron_id
    booking = shown(answer.booking, names_for(principal, context))
    is_named = booking.borrower is not None
    return BookingReturned(
        booking,
        copies_done(zip(wish.items, answer.answers, strict=True), principal, request.language),
        tuple(out_shown(each, is_named=is_named) for each in answer.missing),
    )


def copies_done(
    answers: Iterable[tuple[str, Answer]], principal: Principal, language: str
) -> CopiesDone:
    """What became of each copy, as answers show it."""
    copies = tuple(_copy(item, answer, principal, language) for item, answer in answers)
    wrong = sum(1 for each in copies if each.reasons)
    return CopiesDone(len(copies) - wrong, wrong, copies)


def _copy(item: str, answer: Answer, principal: Principal, language: str) -> CopyDone:
    if isinstance(answer, Refused):
        return CopyDone(item, reasons_of(answer.refusals, principal, language))
    if isinstance(answer, CheckedIn):
        return CopyDone(item, to=branch_shown(answer.to_branch))
    if isinstance(answer, Stay):
        return CopyDone(item, to=branch_shown(answer.branch))
    holder = answer.holder.name if isinstance(answer, LentOnward) and answer.holder else None
    return CopyDone(item, due=answer.loan.due, holder=holder)


def _copies_row(end: str, summary: str, handler: Any, answer: Any, body: Any) -> Operation:
    return post(
        f"{BOOKING}/{end}",
        summary,
        handler,
        answer,
        body=body,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED,),
        **ABOUT,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/lists/bookings-to-prepare",
        "What to set aside for bookings",
        show_bookings_to_prepare,
        ToPrepareList,
        query=PreparingWindow,
        lane=Lane.WIDE_READ,
        **ABOUT,
    ),
    _copies_row("set-aside", "Set copies aside", set_copies_aside, CopiesDone, CopiesWish),
    post(
        "/items/{item}/put-back",
        "Put a copy back",
        put_copy_back,
        PutBack,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED,),
        **ABOUT,
    ),
    _copies_row("delivery", "Hand copies out", deliver_booking, BookingDelivered, BookingDelivery),
    _copies_row("onward", "Lend copies onward", lend_booking_onward, CopiesDone, OnwardWish),
    _copies_row("return", "Take copies back", return_booking, BookingReturned, ReturnWish),
)
