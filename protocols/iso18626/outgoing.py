"""What a partner is told: the message for each kind of notice.

As the supplier, a message has the whole status:

| notice | reasonForMessage | status |
|---|---|---|
| answered | RequestResponse | of the loan |
| shipped, renewed, found, checked_out | StatusChange | Loaned |
| recalled | StatusChange | Recalled |
| overdue | StatusChange | Overdue |
| lost | StatusChange | CompletedWithoutReturn |
| checked_in | StatusChange | LoanCompleted; WillSupply where a check-out was taken back |
| cancelled | StatusChange | Unfilled |
| supplied | StatusChange | CopyCompleted |
| renewal_answered | RenewResponse | of the loan |
| cancel_answered | CancelResponse | of the loan |
| status_told | StatusRequestResponse | of the loan |
| noted | Notification | of the loan |

As the requester:

| notice | |
|---|---|
| asked | request |
| received | Received |
| renewal_asked | Renew |
| sent_home | ShippedReturn |
| cancelled | Cancel |
| status_asked | StatusRequest |
| lost | Lost; Notification in 1.2 |
| found, noted | Notification |
| agreed | Notification, to partners that wait for it |

What happens between a borrower and its patron (checked_out, checked_in) is not the owner's matter.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from catalogue.records import Record
from circulation.interlending.kinds import WhyNot
from circulation.interlending.notices import PartnerNotice, PartnerNoticeKind
from circulation.interlending.offers import Offer, offer_of
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import LendingState
from circulation.kernel.results import Branch
from circulation.ledger.money import decimal_of
from protocols.iso18626.codes import Action, ReasonForMessage, RequestType, ServiceType, Status
from protocols.iso18626.messages import (
    AgencyId,
    BibliographicInfo,
    Code,
    Costs,
    DeliveryInfo,
    Header,
    Identifier,
    Message,
    Request,
    RequestingAgencyMessage,
    RetryInfo,
    ServiceInfo,
    SupplyingAgencyMessage,
)
from protocols.iso18626.settings import Partner

_Kind = PartnerNoticeKind

#: By the state of what we lend; a loan that is late is Overdue.
STATUSES: Final[dict[LendingState, Status]] = {
    LendingState.REQUESTED: Status.WILL_SUPPLY,
    LendingState.LENT: Status.LOANED,
    LendingState.RECALLED: Status.RECALLED,
    LendingState.RETURNING: Status.LOANED,
    LendingState.LOST: Status.COMPLETED_WITHOUT_RETURN,
    LendingState.COMPLETED: Status.LOAN_COMPLETED,
    LendingState.CANCELLED: Status.CANCELLED,
    LendingState.OFFERED: Status.RETRY_POSSIBLE,
    LendingState.UNFILLED: Status.UNFILLED,
    LendingState.SUPPLIED: Status.COPY_COMPLETED,
}
#: What has just happened is told as it was then, whatever has happened since.
_HAPPENED: Final[dict[PartnerNoticeKind, Status]] = {
    _Kind.SHIPPED: Status.LOANED,
    _Kind.RENEWED: Status.LOANED,
    _Kind.FOUND: Status.LOANED,
    _Kind.CHECKED_OUT: Status.LOANED,
    _Kind.RECALLED: Status.RECALLED,
    _Kind.OVERDUE: Status.OVERDUE,
    _Kind.LOST: Status.COMPLETED_WITHOUT_RETURN,
    _Kind.CHECKED_IN: Status.LOAN_COMPLETED,
    _Kind.CANCELLED: Status.UNFILLED,
    _Kind.SUPPLIED: Status.COPY_COMPLETED,
}
_REASONS: Final[dict[PartnerNoticeKind, ReasonForMessage]] = {
    _Kind.ANSWERED: ReasonForMessage.REQUEST_RESPONSE,
    _Kind.RENEWAL_ANSWERED: ReasonForMessage.RENEW_RESPONSE,
    _Kind.CANCEL_ANSWERED: ReasonForMessage.CANCEL_RESPONSE,
    _Kind.STATUS_TOLD: ReasonForMessage.STATUS_REQUEST_RESPONSE,
    _Kind.NOTED: ReasonForMessage.NOTIFICATION,
    **dict.fromkeys(_HAPPENED, ReasonForMessage.STATUS_CHANGE),
}
#: Those that some requesters do not take.
_APART: Final = (ReasonForMessage.RENEW_RESPONSE, ReasonForMessage.STATUS_REQUEST_RESPONSE)
#: By the reason, the words of ReasonUnfilled and ReasonRetry.
_UNFILLED: Final[dict[WhyNot, str]] = {
    WhyNot.NOT_HELD: "NotHeld",
    WhyNot.NOT_LENT: "NonCirculating",
    WhyNot.NOT_NOW: "NotAvailableForILL",
    WhyNot.ON_LOAN: "NotAvailableForILL",
    WhyNot.NOT_FOUND: "NotOnShelf",
    WhyNot.NOT_BY_THEN: "NotAvailableForILL",
    WhyNot.NO_COPIES: "PolicyProblem",
    WhyNot.POLICY: "PolicyProblem",
}
_RETRY: Final[dict[WhyNot, str]] = {WhyNot.NOT_BY_THEN: "ReqDelDateNotPossible"}
_ON_LOAN: Final = "OnLoan"

_ACTIONS: Final[dict[PartnerNoticeKind, Action]] = {
    _Kind.RECEIVED: Action.RECEIVED,
    _Kind.RENEWAL_ASKED: Action.RENEW,
    _Kind.SENT_HOME: Action.SHIPPED_RETURN,
    _Kind.CANCELLED: Action.CANCEL,
    _Kind.STATUS_ASKED: Action.STATUS_REQUEST,
    _Kind.LOST: Action.LOST,
    _Kind.FOUND: Action.NOTIFICATION,
    _Kind.AGREED: Action.NOTIFICATION,
    _Kind.NOTED: Action.NOTIFICATION,
}
#: What 1.2 and people are told, where there is no action for it.
_NOTES: Final[dict[PartnerNoticeKind, str]] = {
    _Kind.LOST: "The item is lost.",
    _Kind.FOUND: "The item was found again.",
}


class Telling(NamedTuple):
    """A notice, its recipient, and what else is known when it is sent first."""

    notice: PartnerNotice
    loan: InterlibraryLoan
    partner: Partner
    branch: Branch  # where the partner's work is done
    now: datetime
    record: Record | None = None  # what is wanted, if it is a record of ours

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.branch.timezone)

    def moment(self, text: str | None) -> datetime | None:
        """A moment that was written down, as the clock of the branch has it."""
        return datetime.fromisoformat(text).astimezone(self.zone) if text else None

    @property
    def due(self) -> datetime | None:
        """When it is due: as the notice says it, else as it is now."""
        told = self.moment(self.notice.facts.get("due"))
        return told or (self.loan.due and self.loan.due.astimezone(self.zone))


def is_told(kind: PartnerNoticeKind, partner: Partner, *, is_borrowed: bool) -> bool:
    """Does the other library hear of that?"""
    if kind is _Kind.ASKED:
        return partner.takes_requests
    if kind is _Kind.AGREED:
        return is_borrowed and bool(partner.agrees_with)
    return kind in (_ACTIONS if is_borrowed else _REASONS)


def message_of(telling: Telling) -> Message:
    """The message to send."""
    if not telling.loan.is_borrowed:
        return _from_supplier(telling)
    if telling.notice.kind is _Kind.ASKED:
        return _request(telling)
    kind, is_1_2 = telling.notice.kind, telling.partner.version == "1.2"
    action = _ACTIONS[kind]
    note = telling.notice.facts.get("note") or ""
    if kind is _Kind.AGREED:
        note = telling.partner.agrees_with
    if action is Action.NOTIFICATION or (action is Action.LOST and is_1_2):
        note = note or _NOTES.get(kind, "")
        action = Action.NOTIFICATION
    return RequestingAgencyMessage(_header(telling), action, note)


def _agency(said: Any, otherwise: AgencyId) -> AgencyId:
    """An agency as the other library has written it."""
    return AgencyId(said[0], said[1]) if isinstance(said, list) and len(said) == 2 else otherwise


def _header(telling: Telling) -> Header:
    loan, partner, said = telling.loan, telling.partner, telling.loan.said
    ours = AgencyId(telling.branch.agency_isil)
    theirs = AgencyId(partner.agency, partner.agency_type)
    if not loan.is_borrowed:
        return Header(
            _agency(said.get("supplier"), ours),
            _agency(said.get("requester"), theirs),
            telling.now.astimezone(telling.zone),
            said.get("id") or loan.request_id,
            str(loan.id),
        )
    is_in_message = partner.address_secret_in == "message"  # noqa: S105
    return Header(
        _agency(said.get("supplier"), theirs),
        ours,
        telling.now.astimezone(telling.zone),
        loan.request_id,
        said.get("peer") or "",
        partner.address_user if is_in_message else "",
        partner.address_secret if is_in_message else "",
    )


def _status(telling: Telling) -> Status:
    kind, facts = telling.notice.kind, telling.notice.facts
    if kind in _HAPPENED:
        is_undone = kind is _Kind.CHECKED_IN and facts.get("undone")
        return Status.WILL_SUPPLY if is_undone else _HAPPENED[kind]
    state = LendingState(facts.get("state") or telling.loan.state_name)
    status = STATUSES[state]
    if status is Status.WILL_SUPPLY and telling.loan.said.get("expected"):
        status = Status.EXPECT_TO_SUPPLY if telling.partner.expects else Status.WILL_SUPPLY
    due = telling.due
    is_late = due is not None and due < telling.notice.written
    return Status.OVERDUE if status is Status.LOANED and is_late else status


def _from_supplier(telling: Telling) -> SupplyingAgencyMessage:
    notice, loan = telling.notice, telling.loan
    facts, said, status = notice.facts, loan.said, _status(telling)
    reason = _REASONS[notice.kind]
    if facts.get("unasked") or (reason in _APART and not telling.partner.answers_apart):
        reason = ReasonForMessage.STATUS_CHANGE
    answer = facts.get("answer")
    expected = telling.moment(said.get("expected"))
    has_due = status in (Status.LOANED, Status.OVERDUE, Status.RECALLED)
    why = _why(telling)
    return SupplyingAgencyMessage(
        _header(telling),
        reason,
        status,
        last_change=notice.written.astimezone(telling.zone),
        answer_yes_no=None if answer is None else answer == "yes",
        note=facts.get("note") or said.get("answer") or "",
        reason_unfilled=_UNFILLED[why] if status is Status.UNFILLED else "",
        reason_retry=_RETRY.get(why, _ON_LOAN) if status is Status.RETRY_POSSIBLE else "",
        expected_delivery_date=expected
        if status in (Status.EXPECT_TO_SUPPLY, Status.WILL_SUPPLY)
        else None,
        due_date=telling.due if has_due else None,
        delivery_info=_delivery_info(telling, status),
        retry_info=RetryInfo(retry_after=expected)
        if status is Status.RETRY_POSSIBLE and expected
        else None,
        return_agency_id=AgencyId(telling.branch.isil) if status is Status.LOANED else None,
    )


def _why(telling: Telling) -> WhyNot:
    """Why it is not lent, or not now."""
    said = telling.loan.said.get("why")
    if said in {each.value for each in WhyNot}:
        return WhyNot(said)
    is_gone = telling.notice.facts.get("outcome") == "unobtainable"
    return WhyNot.NOT_FOUND if is_gone else WhyNot.NOT_NOW


def _delivery_info(telling: Telling, status: Status) -> DeliveryInfo | None:
    sent = telling.notice.written.astimezone(telling.zone)
    if status is Status.COPY_COMPLETED:
        url = telling.loan.said.get("url") or ""
        return DeliveryInfo(sent, url=url, sent_via="URL" if url else "Mail")
    if status is Status.LOANED and telling.loan.barcode:
        return DeliveryInfo(sent, (telling.loan.barcode,), sent_via="Mail")
    return None


def _request(telling: Telling) -> Request:
    notice, loan = telling.notice, telling.loan
    facts, record = notice.facts, telling.record
    number = facts.get("number")
    info = BibliographicInfo(
        title=loan.title,
        author=loan.author,
        bibliographic_item_id=(
            (Identifier(number, Code(facts.get("number_kind") or "ISBN")),) if number else ()
        ),
        bibliographic_record_id=(
            (Identifier(record.control_number, Code(telling.partner.record_numbers)),)
            if record and record.control_number and telling.partner.record_numbers
            else ()
        ),
    )
    previous, accepted = loan.said.get("previous"), loan.said.get("accepted")
    return Request(
        _header(telling),
        info,
        ServiceInfo(
            RequestType.RETRY if previous else RequestType.NEW,
            previous or "",
            ServiceType.LOAN,
            "",
            telling.moment(facts.get("before")),
            facts.get("note") or "",
        ),
        requesting_agency_name=telling.branch.agency_name,
        maximum_costs=_costs(offer_of(accepted)) if accepted else None,
    )


def _costs(offer: Offer) -> Costs | None:
    """The price that was accepted."""
    if not offer.cost:
        return None
    return Costs(decimal_of(offer.cost, offer.currency), offer.currency)
