"""SendUserNotice (Z39.83-1-2012, 5.4.17): sends a user a message through the library's own
channels. Its wording, its channel and whether it still applies are decided when it is sent (see
`circulation.notices`); the answer says from when on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from circulation.holds.lists import patron_holds
from circulation.items import availability
from circulation.kernel.reasons import Reason
from circulation.kernel.results import PatronStatus, Refused
from circulation.ledger.charge_lists import patron_charges
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.notices.rows import find_notice
from protocols.hosting.answering import Context
from protocols.ncip.handling.lookups import unknown_item
from protocols.ncip.handling.once import once
from protocols.ncip.messages import Problem, Refusal, Response
from protocols.ncip.models.notices import SendUserNotice, SendUserNoticeResponse, UserNoticeDetails
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import barcode_of
from protocols.ncip.subjects.named import desk_of, known_user
from protocols.ncip.subjects.users import NamedUser, folded, user_id

#: The most characters of a partner's own words.
LONGEST = 4_000


class _Subject(NamedTuple):
    """What a message is about: its kind, its rows, and further facts for the template."""

    kind: NoticeKind
    cause: Cause
    facts: dict[str, Any]


class _Asked(NamedTuple):
    kind: NoticeKind
    details: UserNoticeDetails
    user: NamedUser
    status: PatronStatus
    agency_id: int
    context: Context


def _of_loans(asked: _Asked) -> Cause | Problem:
    """The loans that the user has of the items."""
    found = []
    for each in asked.details.notice_item:
        barcode = barcode_of(each.item_details.item_id if each.item_details else None)
        if isinstance(barcode, Problem):
            return barcode
        status = availability.circulation_status(
            asked.context.circulation,
            asked.context.transaction,
            item=barcode,
            now=asked.context.now,
        )
        if status is None:
            return unknown_item(barcode)
        borrower = status.borrower.patron_id if status.borrower else None
        if status.loan is None or borrower != asked.status.patron.id:
            return problem(
                ProblemType.ITEM_NOT_CHECKED_OUT,
                Reason.NOT_ON_LOAN_TO_PATRON.value,
                "ItemIdentifierValue",
                barcode,
            )
        found.append(status.loan.id)
    return Cause(loans=tuple(found)) if found else _nothing("no item is named", "NoticeItem")


def _of_holds(asked: _Asked) -> Cause | Problem:
    """The holds that the items are kept for."""
    listed = patron_holds(
        asked.context.circulation,
        asked.context.transaction,
        patron=asked.user.identifier,
        now=asked.context.now,
        with_prospects=False,
    )
    holds = () if isinstance(listed, Refused) else listed.holds
    kept = {each.hold.bound_item: each.hold.id for each in holds if each.hold.bound_item}
    found = []
    for each in asked.details.notice_item:
        barcode = barcode_of(each.item_details.item_id if each.item_details else None)
        if isinstance(barcode, Problem):
            return barcode
        if barcode not in kept:
            rule = ProblemType.ELEMENT_RULE_VIOLATED
            return problem(rule, "it is not kept for the user", "ItemIdentifierValue", barcode)
        found.append(kept[barcode])
    return Cause(holds=tuple(found)) if found else _nothing("no item is named", "NoticeItem")


def _of_charges(asked: _Asked) -> Cause | Problem:
    """All that the user owes to the partner's agency, whatever account the message names: a
    statement has one creditor."""
    listed = patron_charges(
        asked.context.circulation,
        asked.context.transaction,
        patron=asked.user.identifier,
        now=asked.context.now,
    )
    owed = () if isinstance(listed, Refused) else listed.charges
    found = tuple(
        each.charge.id
        for each in owed
        if each.charge.balance > 0 and each.charge.agency_id == asked.agency_id
    )
    if not found:
        rule = ProblemType.ELEMENT_RULE_VIOLATED
        return problem(rule, "the user owes nothing", "UserFiscalAccount")
    return Cause(charges=found)


def _nothing(why: str, element: str) -> Problem:
    return problem(ProblemType.NEEDED_DATA_MISSING, why, element)


#: By NoticeType, which is an open list: the library's own message, and the source of its rows.
_TYPES: dict[NoticeKind, tuple[Callable[[_Asked], Cause | Problem], frozenset[str]]] = {
    NoticeKind.OVERDUE: (
        _of_loans,
        frozenset({"overdue", "overduenotice", "overdueitem", "overduereminder"}),
    ),
    NoticeKind.DUE_SOON: (
        _of_loans,
        frozenset({"duesoon", "courtesy", "courtesynotice", "preduenotice", "predue"}),
    ),
    NoticeKind.RECALLED: (_of_loans, frozenset({"recall", "recallnotice", "recalled"})),
    NoticeKind.HOLD_READY: (
        _of_holds,
        frozenset({"availableforpickup", "holdavailable", "holdready", "pickupnotice"}),
    ),
    NoticeKind.BALANCE: (
        _of_charges,
        frozenset({"fine", "fines", "finenotice", "bill", "invoice", "balance", "statement"}),
    ),
}
#: The types for which the library has a message of its own.
TYPES = {word: kind for kind, (_, words) in _TYPES.items() for word in words}


@once(SendUserNoticeResponse, by_content=True)
def send_user_notice(request: SendUserNotice, caller: Partner, context: Context) -> Response:
    """Sends a user an e-mail, text message or letter, as the rules on messages say. NoticeContent
    is sent as it is, under the NoticeType; without it the user gets the library's own message of
    that type, about the loans, holds or charges that are meant. Nothing is sent before DateToSend,
    and the same message only once.
    """
    given = request.user_id.user_identifier_value if request.user_id else None
    if given is None:
        return refusal(request, _nothing("no user is given", "UserId"))
    user = NamedUser(given, None, {"UserIdentifierValue": given})
    desk = desk_of(caller, context)
    status = known_user(request, user, context.act(desk))
    if isinstance(status, Refusal):
        return status
    subject = _subject(request, user, status, desk.agency_id, context)
    if isinstance(subject, Problem):
        return refusal(request, subject)
    notice_id = request_notice(
        context.act(desk),
        NoticeRequest(
            patron_id=status.patron.id,
            kind=subject.kind,
            cause=subject.cause,
            facts=subject.facts,
            branch_id=desk.branch_id,
            due=request.date_to_send,
        ),
    )
    notice = None
    if notice_id is not None:
        notice = find_notice(context.transaction, notice_id=notice_id)
    if notice is None:
        return refusal(
            request,
            problem(
                ProblemType.UNSUPPORTED_NOTICE,
                "neither the rules nor the user have such messages sent",
                "NoticeType",
                subject.kind.value,
            ),
        )
    zone = ZoneInfo(status.home_branch.timezone)
    return SendUserNoticeResponse(
        user_id=user_id(status.patron.identifier, status.home_branch.agency_isil),
        date_will_send=notice.due.astimezone(zone),
    )


def _subject(
    request: SendUserNotice,
    user: NamedUser,
    status: PatronStatus,
    agency_id: int,
    context: Context,
) -> _Subject | Problem:
    details = request.user_notice_details or UserNoticeDetails()
    named = details.notice_type.value if details.notice_type else ""
    key = f"ncip {context.circulation.ids.next(context.now)}"  # `once` recognises repetitions
    content = (details.notice_content or "").strip()
    if content:
        if len(content) > LONGEST:
            rule = ProblemType.ELEMENT_RULE_VIOLATED
            return problem(rule, f"no more than {LONGEST} characters are sent", "NoticeContent")
        # Notices with different `number`s are never joined into one message: each keeps its words.
        facts = {"subject": named, "text": content, "number": key}
        return _Subject(NoticeKind.STAFF, Cause(key=key), facts)
    if not named:
        return _nothing("neither a type nor words are given", "NoticeType")
    kind = TYPES.get(folded(named))
    if kind is None:
        unsupported = ProblemType.UNSUPPORTED_NOTICE
        return problem(unsupported, "no message here has this type", "NoticeType", named[:64])
    cause = _TYPES[kind][0](_Asked(kind, details, user, status, agency_id, context))
    if isinstance(cause, Problem):
        return cause
    told = Cause(loans=cause.loans, holds=cause.holds, charges=cause.charges, key=key)
    return _Subject(kind, told, {})
