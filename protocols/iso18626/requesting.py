"""What a supplier says of what we have asked it for, as the requester.

Each message tells the whole status, so the loan goes to the furthest state that the message proves,
whatever was lost or overtaken before. One that was written before the last that we have read
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from circulation.interlending.asking import answered, declined
from circulation.interlending.borrowing import send_home, sent_all_the_same, shipped
from circulation.interlending.owners import grant_renewal, recalled_by_owner, refuse_renewal
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rows import InterlibraryLoan, advance, loan_by_id, store
from circulation.interlending.states import BorrowingAction, BorrowingState, Obstacle
from circulation.kernel.act import Act
from protocols.hosting.answering import Context
from protocols.iso18626.codes import ErrorType, ReasonForMessage, Status
from protocols.iso18626.messages import Error, SupplyingAgencyMessage
from protocols.iso18626.settings import Partner
from protocols.iso18626.subjects import borrowed_by, desk_of

_State = BorrowingState
#: The item is here, or with the patron.
_HERE: Final = (_State.ARRIVED, _State.ON_LOAN, _State.RENEWAL_ASKED, _State.RECALLED)
_NOT_HERE_YET: Final = (_State.ASKED, _State.EXPECTED, _State.SHIPPED, _State.OFFERED)
#: It was not sent, and may be still; None where the supplier does not say how far it is.
_MAY_BE_SENT: Final = (Status.REQUEST_RECEIVED, Status.EXPECT_TO_SUPPLY, Status.WILL_SUPPLY, None)


def take_supplier_message(
    message: SupplyingAgencyMessage, caller: Partner, context: Context
) -> Error | None:
    """An answer, or news, of a request of ours."""
    loan = borrowed_by(message.header, caller, context)
    if loan is None:
        why = f"there is no request {message.header.requesting_agency_request_id}"
        return Error(ErrorType.UNRECOGNISED_DATA_VALUE.value, why)
    act = context.act(desk_of(caller, context))
    if message.note or message.reason_for_message is ReasonForMessage.NOTIFICATION:
        note_remark(act, loan, RemarkKind.NOTE, message.note)
    is_late = _is_overtaken(loan, message)
    loan = _with_names(act, loan, message)
    if is_late or message.reason_for_message is ReasonForMessage.NOTIFICATION:
        return None
    if message.reason_for_message is ReasonForMessage.RENEW_RESPONSE:
        _renewal_answered(act, loan, message)
    elif message.status is not None:
        _STATUSES[message.status](act, loan, message)
    if message.reason_for_message is ReasonForMessage.CANCEL_RESPONSE:
        _cancel_answered(act, loan, message)
    return None


def _is_overtaken(loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> bool:
    last, said = message.last_change, loan.said.get("last_change")
    return last is not None and said is not None and last < datetime.fromisoformat(said)


def _with_names(
    act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage
) -> InterlibraryLoan:
    """The loan with what the supplier calls it and itself, and when it last changed there."""
    header, last, said = message.header, message.last_change, loan.said
    supplier = header.supplying_agency_id
    before = said.get("last_change")
    if last is not None and (before is None or last > datetime.fromisoformat(before)):
        said["last_change"] = last.isoformat()
    if header.supplying_agency_request_id:
        said["peer"] = header.supplying_agency_request_id
    if supplier is not None:
        said["supplier"] = [supplier.agency_id_value, supplier.agency_id_type]
    new = loan.with_said(**said)
    if new != loan:
        store(act.transaction, new)
    return new


def _nothing(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It has read the request."""


def _promised(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    delivery = message.delivery_info
    conditions = delivery.loan_condition if delivery else ()
    if conditions:
        note_remark(act, loan, RemarkKind.TERMS, ", ".join(conditions))
    if loan.state is _State.OFFERED:
        advance(act, loan, BorrowingAction.EXPECT)
    else:
        answered(act, loan.id, will_lend=True)


def _loaned(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It is on its way, or what was said of it is put right."""
    if loan.state in _HERE and _is_longer(loan, message):
        grant_renewal(act, loan, due=message.due_date)
    else:
        _sent(act, loan, message)


def _sent(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It is on its way, if it was not here yet; what we have cancelled comes for nobody."""
    if loan.state in _NOT_HERE_YET:
        shipped(act, loan, barcode=_barcode(message), due=message.due_date)
    elif loan.state is _State.CANCELLED:
        sent_all_the_same(act, loan, barcode=_barcode(message), due=message.due_date)
        why = "it was cancelled, and was sent all the same: send it back when it comes"
        note_remark(act, loan, RemarkKind.ODD, why)


def _is_longer(loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> bool:
    due = message.due_date
    return due is not None and (loan.due is None or due > loan.due)


def _barcode(message: SupplyingAgencyMessage) -> str:
    """That of the item; of several volumes that of the first."""
    found = message.delivery_info.item_id if message.delivery_info else ()
    return found[0].split(",")[0].strip() if found else ""


def _overdue(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """Late at its owner: a matter for the library, not for its patron, who has a date of ours."""
    loan = _proves_that_it_was_sent(act, loan, message)
    if loan.closed is None:
        note_remark(act, loan, RemarkKind.NOTE, "it is overdue at its owner")


def _recalled(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    loan = _proves_that_it_was_sent(act, loan, message)
    outcome = recalled_by_owner(act, loan, due=message.due_date)
    if isinstance(outcome, Obstacle) and loan.closed is None:
        note_remark(act, loan, RemarkKind.NOTE, "its owner wants it back")


def _proves_that_it_was_sent(
    act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage
) -> InterlibraryLoan:
    if loan.state is not _State.SHIPPED:
        _sent(act, loan, message)
    return loan_by_id(act.transaction, loan.id) or loan


def _retry(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It would lend it on terms, or later: somebody decides."""
    new = advance(act, loan, BorrowingAction.OFFER)
    terms = message.retry_info
    said = [message.reason_retry]
    if terms is not None:
        said += terms.loan_condition
        costs = terms.offered_costs
        said.append(f"{costs.monetary_value:f} {costs.currency_code}" if costs else "")
        said.append(f"from {terms.retry_after:%Y-%m-%d}" if terms.retry_after else "")
    kind = RemarkKind.ODD if isinstance(new, Obstacle) else RemarkKind.TERMS
    note_remark(act, loan, kind, ", ".join(filter(None, said)) or Status.RETRY_POSSIBLE.value)


def _unfilled(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    if loan.state in _NOT_HERE_YET:
        declined(act, loan, message.reason_unfilled)
    elif loan.closed is None:
        _odd(act, loan, message)


def _cancelled(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """As we wished, or because the supplier has given up."""
    if loan.state in _NOT_HERE_YET:
        declined(act, loan, Status.CANCELLED.value)
    elif loan.closed is None:
        _odd(act, loan, message)


def _copy_completed(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    url = message.delivery_info.url if message.delivery_info else ""
    new = advance(act, loan.with_said(url=url or None), BorrowingAction.SUPPLY)
    if isinstance(new, InterlibraryLoan) and new.state is not loan.state:
        note_remark(act, loan, RemarkKind.NOTE, f"the copy is there: {url}".rstrip(": "))
    elif loan.closed is None:
        _odd(act, loan, message)


def _loan_completed(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It is back with its owner, perhaps before we have sent it home."""
    if loan.closed is not None:
        return
    if isinstance(send_home(act, loan), Obstacle):
        _odd(act, loan, message)


def _not_returned(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    if loan.closed is None:
        note_remark(act, loan, RemarkKind.LOST, "its owner does not expect it back")


def _odd(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    status = message.status.value if message.status else ""
    note_remark(act, loan, RemarkKind.ODD, f"{status}: it is {loan.state_name} here")


def _renewal_answered(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """Where the answer is missing, a later date says yes."""
    answer = message.answer_yes_no
    if answer is None:
        answer = message.status is Status.LOANED and _is_longer(loan, message)
    if answer:
        grant_renewal(act, loan, due=message.due_date)
    else:
        refuse_renewal(act, loan)


def _cancel_answered(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """The status has said what follows; a No that leaves that open is for somebody to read."""
    if message.answer_yes_no is False and message.status in _MAY_BE_SENT:
        loan = loan_by_id(act.transaction, loan.id) or loan
        if loan.state is _State.CANCELLED:
            why = "it was not cancelled at its owner, and may come all the same"
            note_remark(act, loan, RemarkKind.ODD, why)


_STATUSES: Final[dict[Status, Callable[[Act, InterlibraryLoan, SupplyingAgencyMessage], None]]] = {
    Status.REQUEST_RECEIVED: _nothing,
    Status.EXPECT_TO_SUPPLY: _promised,
    Status.WILL_SUPPLY: _promised,
    Status.LOANED: _loaned,
    Status.OVERDUE: _overdue,
    Status.RECALLED: _recalled,
    Status.RETRY_POSSIBLE: _retry,
    Status.UNFILLED: _unfilled,
    Status.HOLD_RETURN: _nothing,
    Status.RELEASE_HOLD_RETURN: _nothing,
    Status.COPY_COMPLETED: _copy_completed,
    Status.LOAN_COMPLETED: _loan_completed,
    Status.COMPLETED_WITHOUT_RETURN: _not_returned,
    Status.CANCELLED: _cancelled,
}
