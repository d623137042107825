"""Loans that staff see to: suspended, recalled, billed, lent onward, and a whole class's."""

from __future__ import annotations

from typing import Any, Final

from circulation.fees.compensation import bill_loan
from circulation.fees.receipts import return_receipt
from circulation.holds.recalls import recall
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.loans import lost
from circulation.loans.batches import check_out_pairs
from circulation.loans.onward import LentOnward, end_onward_loan, lend_onward
from protocols.api.authority import must_have_here
from protocols.api.gate import Names, must_admit, patron_shown, refused_card, served_card
from protocols.api.models.answers import branch_shown, fees_shown
from protocols.api.models.desk import ForPatron, StackResult, StackResults
from protocols.api.models.items import StateChanged
from protocols.api.models.loans import (
    Billed,
    ClassWish,
    HolderWish,
    OnwardLoan,
    Recalled,
    ReturnedItem,
    ReturnReceipt,
    SuspensionWish,
)
from protocols.api.operation import Operation, Plain, Request, post
from protocols.api.operations.desk import identifier_of, lent, not_done, together
from protocols.api.operations.items import spots_of, status_now, status_of
from protocols.api.problems import Outcome, Problem, malformed, refused
from protocols.hosting.answering import Context, Lane

_ITEM: Final = "/items/{item}"


def _item(
    request: Request[Any, Any], principal: Principal, context: Context, right: Right = Right.LEND
) -> str:
    """The item of the path, where the caller has the right at its branch. Raises Problem."""
    barcode = request.path["item"]
    status = status_of(barcode, context)
    home, borrower = status.item.home_branch, status.borrower
    if not principal.may(right, home.agency_id, home.id):
        raise Problem(Outcome.RIGHT_MISSING, right=right)
    if borrower is not None:
        must_admit(borrower.patron_id, right, request, principal, context, ours=spots_of(status))
    return barcode


def suspend_loan(
    request: Request[SuspensionWish, None], principal: Principal, context: Context
) -> StateChanged | Problem:
    """Stops the clock of a loan: as many days are added to its due date."""
    barcode = _item(request, principal, context)
    act = context.act(principal.desk)
    try:
        answer = lost.suspend(act, item=barcode, until=request.body.until)
    except ValueError as error:
        raise malformed("until", "past", str(error)) from None
    return _marked(answer, barcode, request, principal, context)


def resume_loan(request: Plain, principal: Principal, context: Context) -> StateChanged | Problem:
    """Lets the clock of a suspended loan run again."""
    barcode = _item(request, principal, context)
    answer = lost.resume(context.act(principal.desk), item=barcode)
    return _marked(answer, barcode, request, principal, context)


def _marked(
    answer: lost.Marked | Refused,
    barcode: str,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
) -> StateChanged | Problem:
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    shown = status_now(barcode, request, principal, context)
    return StateChanged(barcode, shown, answer.has_changed)


def recall_loan(request: Plain, principal: Principal, context: Context) -> Recalled | Problem:
    """Brings the due date of a loan forward, as far as the rules allow it."""
    barcode = _item(request, principal, context)
    answer = recall(context.act(principal.desk), item=barcode)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return Recalled(answer.item, answer.due, answer.previous_due)


def bill(request: Plain, principal: Principal, context: Context) -> Billed | Problem:
    """Charges the borrower of an item, overdue or lost, for not returning it, by the rules."""
    barcode = _item(request, principal, context, Right.TAKE_FEES)
    answer = bill_loan(context.act(principal.desk), item=barcode)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return Billed(barcode, answer.item.title, fees_shown(answer.charged))


def lend_to_pupil(
    request: Request[HolderWish, None], principal: Principal, context: Context
) -> OnwardLoan | Problem:
    """Gives what a teacher has on loan to a pupil. The loan stays the teacher's."""
    barcode = _item(request, principal, context)
    card = served_card(request, request.body.card, principal, context, Right.LEND)
    answer = lend_onward(context.act(principal.desk), item=barcode, to=card)
    return _onward(answer, request, principal, context)


def give_back_to_borrower(
    request: Plain, principal: Principal, context: Context
) -> OnwardLoan | Problem:
    """The borrower has an item back from the pupil; the loan goes on."""
    barcode = _item(request, principal, context)
    answer = end_onward_loan(context.act(principal.desk), item=barcode)
    return _onward(answer, request, principal, context)


def _onward(
    answer: LentOnward | Refused, request: Request[Any, Any], principal: Principal, context: Context
) -> OnwardLoan | Problem:
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    borrower, holder = answer.borrower, answer.holder
    names = Names(Right.LEND, principal, context)
    shown = names.patron(borrower.patron_id, borrower.name, None)
    return OnwardLoan(
        answer.item.barcode,
        answer.item.title,
        answer.loan.due,
        None if shown is None else shown.name,
        None if holder is None else names.patron(holder.id, holder.name, holder.card),
    )


def lend_to_class(
    request: Request[ClassWish, None], principal: Principal, context: Context
) -> StackResults:
    """Lends a class its books, to each pupil the item beside their card."""
    must_have_here(principal, Right.LEND)
    pupils = request.body.pupils
    denied = {
        each: refused_card(request, each, principal, context, Right.LEND)
        for each in {pupil.card for pupil in pupils}
    }
    pairs = [(each.card.strip(), each.item.strip()) for each in pupils if not denied[each.card]]
    answers = iter(check_out_pairs(context.act(principal.desk), pairs=pairs))
    results = []
    for each in pupils:
        answer = denied[each.card] or next(answers)
        if isinstance(answer, Refused):
            results.append(not_done(each.item, answer, principal, context, request.language))
        else:
            shown = lent(answer, request, principal, context)
            results.append(StackResult(each.item, checked_out=shown))
    return together(results)


def give_receipt(
    request: Request[ForPatron, None], principal: Principal, context: Context
) -> ReturnReceipt | Problem:
    """A receipt for what the patron handed in here today; that it was offered is kept, as Danish
    law asks for it before compensation can be collected."""
    must_have_here(principal, Right.LEND)
    patron = identifier_of(request.body, request, principal, context)
    answer = return_receipt(context.act(principal.desk), patron=patron)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    request.about = answer.patron.id
    return ReturnReceipt(
        patron_shown(answer.patron, context),
        branch_shown(answer.branch),
        None if answer.number is None else str(answer.number),
        tuple(ReturnedItem(each.barcode, each.title, each.at) for each in answer.items),
    )


def _row(
    path: str, summary: str, handler: Any, answer: Any, right: Right = Right.LEND, **more: Any
) -> Operation:
    return post(
        path,
        summary,
        handler,
        answer,
        tag="loans",
        right=right,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED,),
        **more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    _row(f"{_ITEM}/suspension", "Suspend a loan", suspend_loan, StateChanged, body=SuspensionWish),
    _row(f"{_ITEM}/resumption", "Resume a loan", resume_loan, StateChanged),
    _row(f"{_ITEM}/recall", "Recall a loan", recall_loan, Recalled),
    _row(f"{_ITEM}/bill", "Bill the borrower", bill, Billed, Right.TAKE_FEES),
    _row(f"{_ITEM}/holder", "Lend onward", lend_to_pupil, OnwardLoan, body=HolderWish),
    _row(f"{_ITEM}/holder/end", "End lending onward", give_back_to_borrower, OnwardLoan),
    _row("/checkouts/class", "Lend to a class", lend_to_class, StackResults, body=ClassWish),
    _row("/receipts", "A receipt for returns", give_receipt, ReturnReceipt, body=ForPatron),
)
