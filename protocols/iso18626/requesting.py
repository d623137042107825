"""What a supplier says of what we have asked it for, as the requester.

Each message tells the whole status, so the loan goes to the furthest state that the message proves,
whatever was lost or overtaken before. One that was written before the last that we have read
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from catalogue.items import find_item
from circulation.interlending.asking import answered, declined
from circulation.interlending.borrowing import send_home, sent_all_the_same, shipped
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.offers import Offer, charged_by_owner, offered, promised_on_terms
from circulation.interlending.owners import grant_renewal, recalled_by_owner, refuse_renewal
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rota import NOT_SENT, filled, ours
from circulation.interlending.rows import InterlibraryLoan, advance, loan_by_id, store
from circulation.interlending.states import BorrowingAction, BorrowingState, Obstacle
from circulation.kernel.act import Act
from circulation.ledger.money import exponent_of
from protocols.hosting.answering import Context
from protocols.iso18626.codes import ErrorType, ReasonForMessage, Status
from protocols.iso18626.habits import barcode_of, readable
from protocols.iso18626.messages import Costs, Error, SupplyingAgencyMessage
from protocols.iso18626.settings import Partner
from protocols.iso18626.subjects import borrowed_by, desk_of

_State = BorrowingState
#: The item is here, or with the patron.
_HERE: Final = (_State.ARRIVED, _State.ON_LOAN, _State.RENEWAL_ASKED, _State.RECALLED)
_NOT_HERE_YET: Final = (_State.ASKED, _State.EXPECTED, _State.SHIPPED, _State.OFFERED)
#: Letters of a code of ISO 4217, and the most that is believed of a price.
_CURRENCY: Final = 3
_MOST_COST: Final = 100_000_000
#: It was not sent, and may be still; None where the supplier does not say how far it is.
_MAY_BE_SENT: Final = (Status.REQUEST_RECEIVED, Status.EXPECT_TO_SUPPLY, Status.WILL_SUPPLY, None)
#: How far the clock of a peer may be before ours.
_AHEAD: Final = timedelta(days=1)
#: No library lends for longer: a day behind it stands for none, as some systems write it.
_LONGEST_LOAN: Final = timedelta(days=2 * 365)


def take_supplier_message(
    message: SupplyingAgencyMessage, caller: Partner, context: Context
) -> Error | None:
    """An answer, or news, of a request of ours."""
    loan = borrowed_by(message.header, caller, context)
    if loan is None:
        why = f"there is no request {message.header.requesting_agency_request_id}"
        return Error(ErrorType.UNRECOGNISED_DATA_VALUE.value, why)
    act = context.act(desk_of(caller, context))
    is_notification = message.reason_for_message is ReasonForMessage.NOTIFICATION
    note = readable(message.note)
    if note or (is_notification and not message.note):
        note_remark(act, loan, RemarkKind.NOTE, note)
    is_late = _is_overtaken(loan, message)
    loan = _heard(act, loan, message)
    if is_late:
        return None
    if is_notification:
        _terms_added(act, loan, message)
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


def _heard(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> InterlibraryLoan:
    """The loan with when we have heard of its supplier, what that calls it and itself, and when it
    last changed there."""
    header, last, said = message.header, message.last_change, loan.said
    said |= {"heard": act.now.isoformat(), "status_asked": None}
    supplier = header.supplying_agency_id
    before = said.get("last_change")
    if last is not None and last > act.now + _AHEAD:
        last = None  # by a clock that is wrong: all that follows would count as overtaken
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


def _due(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> datetime | None:
    """When it is due there; a day that is over is none that anybody could keep, and one in many
    years none that a patron is told. Somebody reads of both."""
    due = message.due_date
    if due is None or act.now - _AHEAD < due <= act.now + _LONGEST_LOAN:
        return due
    when = "that is over" if due < act.now else "in many years"
    note_remark(act, loan, RemarkKind.ODD, f"it is due on a day {when}: {due:%Y-%m-%d}")
    return None


def _nothing(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It has read the request."""


def _promised(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It will lend it, perhaps on terms; one that we have given up is told so once more."""
    if loan.state in (_State.UNFILLED, _State.CANCELLED):
        tell(ours(act), loan, PartnerNoticeKind.CANCELLED)
        return
    expected = message.expected_delivery_date
    if expected is not None and loan.state in NOT_SENT:
        loan = loan.with_said(expected=expected.isoformat())
        store(act.transaction, loan)
    delivery = message.delivery_info
    offer = _offer(
        delivery.loan_condition if delivery else (), delivery.delivery_costs if delivery else None
    )
    if offer.conditions or offer.cost:
        promised_on_terms(act, loan, offer)
    elif loan.state is _State.OFFERED:
        advance(act, loan, BorrowingAction.EXPECT)
    else:
        answered(act, loan.id, will_lend=True)


def _terms_added(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """A notification changes nothing; but one may bring conditions to what is promised."""
    delivery = message.delivery_info
    if delivery is not None and delivery.loan_condition and loan.state in NOT_SENT:
        offer = _offer(delivery.loan_condition, delivery.delivery_costs)
        promised_on_terms(act, loan, offer)


def _offer(
    conditions: Sequence[str],
    costs: Costs | None,
    available: datetime | None = None,
    why: str = "",
) -> Offer:
    """Terms as they are written, the price in minor units."""
    cost, currency = 0, ""
    if costs is not None and len(costs.currency_code) == _CURRENCY and costs.monetary_value > 0:
        currency = costs.currency_code.upper()
        cost = int((costs.monetary_value * 10 ** exponent_of(currency)).to_integral_value())
        cost = min(cost, _MOST_COST)
    return Offer(tuple(conditions), cost, currency, available, why)


def _loaned(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It is on its way, or what was said of it is put right."""
    if loan.state in _HERE and _is_longer(loan, message):
        grant_renewal(act, loan, due=_due(act, loan, message))
    else:
        _sent(act, loan, message)


def _sent(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It is on its way, if it was not here yet; what we have cancelled comes for nobody."""
    delivery = message.delivery_info
    if loan.state in _NOT_HERE_YET:
        _warn_of_barcode(act, loan, _barcode(message))
        shipped(act, loan, barcode=_barcode(message), due=_due(act, loan, message))
        charged_by_owner(act, loan, _offer((), delivery.delivery_costs if delivery else None))
    elif loan.state in (_State.CANCELLED, _State.UNFILLED):
        sent = sent_all_the_same(act, loan, barcode=_barcode(message), due=_due(act, loan, message))
        if isinstance(sent, InterlibraryLoan) and sent.patron_id is None:
            why = "it was cancelled, and was sent all the same: send it back when it comes"
            note_remark(act, loan, RemarkKind.ODD, why)


def _warn_of_barcode(act: Act, loan: InterlibraryLoan, barcode: str) -> None:
    """Two libraries may have the same numbers: a scan of the parcel would be one of our item."""
    if barcode and barcode != loan.barcode and find_item(act.transaction, barcode) is not None:
        why = f"it comes with the barcode {barcode}, and an item here has the same"
        note_remark(act, loan, RemarkKind.ODD, why)


def _is_longer(loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> bool:
    due = message.due_date
    return due is not None and (loan.due is None or due > loan.due)


def _barcode(message: SupplyingAgencyMessage) -> str:
    """That of the item; of several volumes that of the first."""
    return barcode_of(message.delivery_info.item_id if message.delivery_info else ())


def _overdue(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """Late at its owner: a matter for the library, not for its patron, who has a date of ours."""
    loan = _proves_that_it_was_sent(act, loan, message)
    if loan.closed is None:
        note_remark(act, loan, RemarkKind.NOTE, "it is overdue at its owner")


def _recalled(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    loan = _proves_that_it_was_sent(act, loan, message)
    outcome = recalled_by_owner(act, loan, due=_due(act, loan, message))
    if isinstance(outcome, Obstacle) and loan.closed is None:
        note_remark(act, loan, RemarkKind.NOTE, "its owner wants it back")


def _proves_that_it_was_sent(
    act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage
) -> InterlibraryLoan:
    if loan.state is not _State.SHIPPED:
        _sent(act, loan, message)
    return loan_by_id(act.transaction, loan.id) or loan


def _retry(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It would lend it on terms, or later: the rules decide, or somebody does."""
    terms = message.retry_info
    offer = _offer(
        terms.loan_condition if terms else (),
        terms.offered_costs if terms else None,
        terms.retry_after if terms else None,
        message.reason_retry or Status.RETRY_POSSIBLE.value,
    )
    offered(act, loan, offer)


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
        filled(act, new)
        note_remark(act, loan, RemarkKind.NOTE, f"the copy is there: {url}".rstrip(": "))
    elif loan.closed is None:
        _odd(act, loan, message)


def _loan_completed(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """It is back with its owner, perhaps before we have sent it home."""
    if loan.closed is not None:
        return
    if loan.state in _NOT_HERE_YET:
        _completed_before_it_came(act, loan, message)
    elif isinstance(send_home(act, loan), Obstacle):
        _odd(act, loan, message)


def _not_returned(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    if loan.closed is not None:
        return
    note_remark(act, loan, RemarkKind.LOST, "its owner does not expect it back")
    if loan.state in _NOT_HERE_YET:
        _completed_before_it_came(act, loan, message)


def _completed_before_it_came(
    act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage
) -> None:
    """End a request that was shipped: nothing comes. Change nothing before that, as no loan
    was made that could be complete. Staff read of both."""
    _odd(act, loan, message)
    if loan.state is _State.SHIPPED:
        declined(act, loan, message.status.value if message.status else "")


def _odd(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    status = message.status.value if message.status else ""
    note_remark(act, loan, RemarkKind.ODD, f"{status}: it is {loan.state_name} here")


def _renewal_answered(act: Act, loan: InterlibraryLoan, message: SupplyingAgencyMessage) -> None:
    """Where the answer is missing, a later date says yes."""
    answer = message.answer_yes_no
    if answer is None:
        answer = message.status is Status.LOANED and _is_longer(loan, message)
    if answer:
        grant_renewal(act, loan, due=_due(act, loan, message))
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
