"""What a requester asks of us and tells us, as the supplier: requests, and what becomes of them.

What is answered goes out afterwards, with the outbox: a confirmation says only that we have read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from circulation.interlending.answering import (
    Demand,
    answer_demand,
    cancel_demand,
)
from circulation.interlending.institutions import Institution
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rows import InterlibraryLoan, advance, loan_by_id
from circulation.interlending.states import LendingAction, LendingState, Obstacle
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.languages.installed import default_language, language
from circulation.loans.lost import declare_lost
from circulation.loans.renewals import renew
from circulation.loans.wishes import RenewalWish
from protocols.hosting.answering import Context
from protocols.iso18626.codes import Action, ErrorType, RequestType, ServiceType
from protocols.iso18626.habits import readable
from protocols.iso18626.messages import AgencyId, Error, Header, Request, RequestingAgencyMessage
from protocols.iso18626.settings import Partner
from protocols.iso18626.subjects import (
    desk_of,
    is_to_us,
    lent_for,
    records_meant,
    request_name,
)

#: How long a note may be that goes onto a pick list or a slip.
_LONGEST: Final = 500


def take_request(request: Request, caller: Partner, context: Context) -> Error | None:
    """A request: a new one, one that is tried again on other terms, or a reminder. One to another
    library is none of ours."""
    if not is_to_us(request.header, caller, context):
        return _to_another(request.header)
    known = lent_for(request.header, caller, context)
    act = context.act(desk_of(caller, context))
    if request.service_info.request_type is RequestType.REMINDER:
        if known is None:
            return _unknown(request.header)
        tell(act, known, PartnerNoticeKind.STATUS_TOLD)
        return None
    content = _content(request)
    if known is not None:
        # The same once more, perhaps with a new timestamp, as some systems repeat it.
        if known.said.get("content") == content:
            return None
        why = f"there is a request {request.header.requesting_agency_request_id} already"
        return Error(ErrorType.UNRECOGNISED_DATA_VALUE.value, why)
    previous = request.service_info.requesting_agency_previous_request_id
    if previous and request.service_info.request_type is RequestType.RETRY:
        _end_previous(previous, request, caller, context, act)
    answer_demand(act, _demand(request, content, caller, context, act), caller.terms)
    return None


def _unknown(header: Header) -> Error:
    why = f"there is no request {header.requesting_agency_request_id}"
    return Error(ErrorType.UNRECOGNISED_DATA_VALUE.value, why)


def _to_another(header: Header) -> Error:
    supplier = header.supplying_agency_id
    named = supplier.agency_id_value if supplier else ""
    why = f"supplyingAgencyId {named!r} is another library: send this message there"
    return Error(ErrorType.UNRECOGNISED_DATA_VALUE.value, why)


def _content(request: Request) -> str:
    """A digest of what is asked for, whenever it was written."""
    asked = (
        request.bibliographic_info,
        request.service_info,
        request.requested_delivery_info,
        request.maximum_costs,
    )
    return blake2b(repr(asked).encode(), digest_size=16).hexdigest()


def _end_previous(
    previous: str, request: Request, caller: Partner, context: Context, act: Act
) -> None:
    """The try before is over, if it was only offered or waits still."""
    header = Header(
        request.header.supplying_agency_id, request.header.requesting_agency_id, None, previous
    )
    found = lent_for(header, caller, context)
    if found is not None and found.closed is None:
        cancel_demand(act, found)


def _demand(request: Request, content: str, caller: Partner, context: Context, act: Act) -> Demand:
    header, info, service = request.header, request.bibliographic_info, request.service_info
    requester = header.requesting_agency_id or AgencyId(caller.agency)
    supplier = header.supplying_agency_id
    said: dict[str, Any] = {
        "content": content,
        "id": header.requesting_agency_request_id,
        "requester": [requester.agency_id_value, requester.agency_id_type],
        "supplier": supplier and [supplier.agency_id_value, supplier.agency_id_type],
        "service": service.service_type.value,
        "part": _part(request) or None,
        "note": readable(service.note)[:_LONGEST] or None,
        "before": service.need_before_date and service.need_before_date.isoformat(),
        "to": [each.electronic or ", ".join(each.lines) for each in request.requested_delivery_info]
        or None,
    }
    return Demand(
        institution=Institution(
            requester.agency_id_value,
            act.desk.branch_id,
            caller.institution_category,
            caller.known_as,
            request.requesting_agency_name[:_LONGEST],
        ),
        partner=caller.key,
        request_id=request_name(header, caller),
        title=info.title[:_LONGEST],
        author=info.author[:_LONGEST],
        records=records_meant(info, context),
        wants_loan=service.service_type is not ServiceType.COPY,
        wants_copy=service.service_type is not ServiceType.LOAN,
        before=service.need_before_date,
        said={name: value for name, value in said.items() if value is not None},
    )


def _part(request: Request) -> str:
    """The part of the title that a copy is to be made of, or a volume."""
    info = request.bibliographic_info
    named = (
        ("", info.author_of_component),
        ("", info.title_of_component),
        ("vol. ", info.volume),
        ("no. ", info.issue),
        ("pp. ", info.pages_requested),
    )
    return "; ".join(f"{before}{text}" for before, text in named if text)[:_LONGEST]


# What a requester says of its request


def take_requester_message(
    message: RequestingAgencyMessage, caller: Partner, context: Context
) -> Error | None:
    """An action of the requester, whenever it comes: what cannot be so any more changes nothing,
    and somebody here reads of it where that matters."""
    if not is_to_us(message.header, caller, context):
        return _to_another(message.header)
    loan = lent_for(message.header, caller, context)
    if loan is None:
        return _unknown(message.header)
    act = context.act(desk_of(caller, context))
    _ACTIONS[message.action](act, loan, message)
    return None


def _tell_status(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    tell(act, loan, PartnerNoticeKind.STATUS_TOLD)


def _received(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    """Of what is lost here by now somebody reads: the loan is found by a person, or comes back."""
    is_odd = isinstance(advance(act, loan, LendingAction.ARRIVE), Obstacle)
    if (is_odd or loan.state is LendingState.LOST) and loan.closed is None:
        _odd(act, loan, message)
    _note(act, loan, message)


def _cancel(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    is_cancelled = cancel_demand(act, loan)
    now = loan_by_id(act.transaction, loan.id) or loan
    answer = "yes" if is_cancelled else "no"
    tell(act, now, PartnerNoticeKind.CANCEL_ANSWERED, about={"answer": answer})
    _note(act, now, message)


def _renew(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    """By the live queue and the owner's rules, at once."""
    due: datetime | None = None
    refusals: Sequence[Refusal] = (Refusal(Reason.ITEM_NOT_ON_LOAN),)
    if loan.item_id is not None and loan.closed is None:
        outcome = renew(act, RenewalWish(patron=loan.user, item=loan.barcode, seen=False))
        if isinstance(outcome, Refused):
            refusals = outcome.refusals
        else:
            due = outcome.loan.due
    now = loan_by_id(act.transaction, loan.id) or loan
    about = {"answer": "yes"} if due is not None else {"answer": "no", "note": _why_not(refusals)}
    tell(act, now, PartnerNoticeKind.RENEWAL_ANSWERED, due=due or now.due, about=about)
    _note(act, now, message)


def _why_not(refusals: Sequence[Refusal]) -> str:
    """Return the reasons in words, for the staff of the other library."""
    words = language(default_language()).words
    found = (words.pgettext("reason", each.reason.name) for each in refusals)
    return "; ".join(dict.fromkeys(found))[:_LONGEST]


def _shipped_return(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    if isinstance(advance(act, loan, LendingAction.SEND_BACK), Obstacle) and loan.closed is None:
        _odd(act, loan, message)
    _note(act, loan, message)


def _shipped_forward(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    advance(act, loan, LendingAction.SEND_BACK)
    note_remark(act, loan, RemarkKind.FORWARDED, readable(message.note))


def _lost(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    """It is lost for us too: the library is charged as the rules have it, and the loan is ended."""
    lost = None
    if loan.item_id is not None and loan.closed is None:
        lost = declare_lost(act, item=loan.barcode)
    note_remark(act, loan, RemarkKind.LOST, readable(message.note))
    if lost is not None and not isinstance(lost, Refused):
        tell(
            act,
            loan_by_id(act.transaction, loan.id) or loan,
            PartnerNoticeKind.STATUS_TOLD,
            about={"unasked": "yes"},
        )


def _notification(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    note_remark(act, loan, RemarkKind.NOTE, readable(message.note))


def _note(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    if readable(message.note):
        note_remark(act, loan, RemarkKind.NOTE, readable(message.note))


def _odd(act: Act, loan: InterlibraryLoan, message: RequestingAgencyMessage) -> None:
    why = f"{message.action.value}: it is {loan.state_name} here"
    note_remark(act, loan, RemarkKind.ODD, why)


_ACTIONS: Final[dict[Action, Callable[[Act, InterlibraryLoan, RequestingAgencyMessage], None]]] = {
    Action.STATUS_REQUEST: _tell_status,
    Action.RECEIVED: _received,
    Action.CANCEL: _cancel,
    Action.RENEW: _renew,
    Action.SHIPPED_RETURN: _shipped_return,
    Action.SHIPPED_FORWARD: _shipped_forward,
    Action.NOTIFICATION: _notification,
    Action.HOLD_RETURN: _notification,
    Action.LOST: _lost,
}
