"""Messages to patrons: what staff look at, decide and write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from circulation.digital_post.receipts import receipts_of, unknown_receipts
from circulation.kernel.rights import Principal, Right
from circulation.notices.choices import NotOptional, choices_of, choose
from circulation.notices.explaining import explain_message
from circulation.notices.kinds import NoticeKind
from circulation.notices.log import (
    Logged,
    NotPossible,
    find_entry,
    log_of,
    queue,
    resend,
    settle_as_sent,
    withdraw,
)
from circulation.notices.post import POST
from circulation.notices.requests import addressee
from circulation.notices.rules import notice_terms
from circulation.notices.writing import Words, state_balance, write_to
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_everywhere, note_look, number_of
from protocols.api.covering import covered, covered_in, ways_to
from protocols.api.gate import admit, id_shown, may_with, patron_named, sees_addresses
from protocols.api.messages import Reply
from protocols.api.models.common import Paging
from protocols.api.models.notices import (
    CauseExplained,
    ChoiceChange,
    Choices,
    Decision,
    DigitalPostReceipts,
    Messages,
    NewNotice,
    Notice,
    NoticeExplained,
    NoticeQueue,
    NoticesMade,
    QueueQuery,
    ReceiptQuery,
    cause_shown,
    notice_shown,
    receipt_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.paging import LARGEST, page_of, place_in
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_NOTICE: Final = "/notices/{notice}"
_OF_PATRON: Final = "/patrons/{patron}/notices"
_DECISIONS: Final = {"resend": resend, "sent": settle_as_sent, "withdraw": withdraw}


def list_queue(
    request: Request[None, QueueQuery], principal: Principal, context: Context
) -> NoticeQueue:
    """What could not be sent, and what may have been sent, or not: staff decide. What waits for
    another attempt names when (`next_attempt`)."""
    query = request.query
    found = queue(context.transaction, now=context.now, days=query.days, with_waiting=query.waiting)
    shown = [each for each in found if _may(each, principal, context, Right.VIEW_NOTICES)]
    note_look(request, principal, context, Seen.LIST, hits=len(shown))
    return NoticeQueue(_all_shown(shown, principal, context))


def _may(entry: Logged, principal: Principal, context: Context, right: Right) -> bool:
    """Has the caller that right with whom the message is about?"""
    return may_with(entry.patron_id or entry.recipient_id, right, principal, context)


def _shown(entry: Logged, principal: Principal, context: Context) -> Notice:
    [shown] = _all_shown([entry], principal, context)
    return shown


def _all_shown(
    entries: Sequence[Logged], principal: Principal, context: Context
) -> tuple[Notice, ...]:
    """Messages as the caller may see them: without addresses that are protected from them, in
    their texts either."""
    transaction = context.transaction
    receipts = receipts_of(transaction, [each.id for each in entries if each.channel])
    whom = {each for entry in entries for each in _persons(entry)}
    hidden = {
        each: tuple(ways_to(transaction, each))
        for each in whom
        if not sees_addresses(each, principal, context)
    }
    known = id_shown(context)
    return tuple(
        notice_shown(
            _without_addresses(each, hidden),
            known,
            [receipt for receipt in receipts if receipt.message_id == each.id],
        )
        for each in entries
    )


def _persons(entry: Logged) -> set[int]:
    """Whom a message is about, and who gets it."""
    return {each for each in (entry.patron_id, entry.recipient_id) if each is not None}


def _without_addresses(entry: Logged, hidden: Mapping[int, tuple[str, ...]]) -> Logged:
    ways = [way for each in _persons(entry) for way in hidden.get(each, ())]
    if not _persons(entry) & hidden.keys():
        return entry
    is_hidden = (entry.recipient_id or entry.patron_id) in hidden
    ways += entry.address.splitlines() if is_hidden else []
    return replace(
        entry,
        address="" if is_hidden else entry.address,
        subject=covered(entry.subject, ways),
        text=covered(entry.text, ways),
    )


def list_messages(request: Request[None, Paging], principal: Principal, context: Context) -> Reply:
    """What a patron was told, is to be told, or could not be, with its text; the newest first."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_NOTICES)
    request.about = place.id
    note_look(request, principal, context, Seen.MESSAGES, patron_id=place.id)
    return messages_of(place, request, principal, context)


def messages_of(
    place: PatronPlace, request: Request[None, Paging], principal: Principal, context: Context
) -> Reply:
    query = request.query
    found = log_of(context.transaction, place.id, after=place_in(query, LARGEST), limit=query.limit)
    return page_of(request, Messages(_all_shown(found.lines, principal, context)), found.next)


def _the_entry(
    request: Request[Any, Any], principal: Principal, context: Context, right: Right
) -> Logged:
    entry = find_entry(context.transaction, number_of(request.path["notice"], None))
    if entry is None:
        raise Problem(Outcome.NOT_FOUND)
    about = entry.patron_id or entry.recipient_id
    if admit(about, right, request, principal, context) is None:
        raise Problem(Outcome.NOT_FOUND)
    request.about = entry.patron_id
    return entry


def show_notice(request: Plain, principal: Principal, context: Context) -> Notice:
    """A message with its text, and what came back of it."""
    entry = _the_entry(request, principal, context, Right.VIEW_NOTICES)
    note_look(request, principal, context, Seen.MESSAGES, patron_id=entry.patron_id)
    return _shown(entry, principal, context)


def explain_notice(request: Plain, principal: Principal, context: Context) -> NoticeExplained:
    """Why a message was made, or is to be: what happened, loans and dates, the rules that decided,
    the channels in their order, and what would be said now."""
    entry = _the_entry(request, principal, context, Right.VIEW_NOTICES)
    act, post_office = context.act(principal.desk), POST.of(context.circulation)
    found = explain_message(act, post_office, entry.id)
    assert found is not None
    note_look(request, principal, context, Seen.MESSAGES, patron_id=entry.patron_id)
    whom = entry.recipient_id or entry.patron_id
    sees = whom is None or sees_addresses(whom, principal, context)
    ways = [
        way
        for each in _persons(entry)
        if not sees_addresses(each, principal, context)
        for way in ways_to(context.transaction, each)
    ]
    causes = tuple(
        _cause_covered(cause_shown(each, with_addresses=sees), ways) for each in found.causes
    )
    return NoticeExplained(_shown(entry, principal, context), causes)


def _cause_covered(cause: CauseExplained, ways: Sequence[str]) -> CauseExplained:
    now = cause.now
    if now is not None:
        subject, text = covered(now.subject, ways), covered(now.text, ways)
        now = replace(now, subject=subject, text=text)
    return replace(cause, facts=covered_in(cause.facts, ways), now=now)


def list_receipts(
    request: Request[None, ReceiptQuery], principal: Principal, context: Context
) -> DigitalPostReceipts:
    """Receipts of Digital Post: of messages, or of those that nobody here knows."""
    query, transaction = request.query, context.transaction
    if not query.notice:
        must_have_everywhere(principal, Right.VIEW_NOTICES)
        since = context.now - timedelta(days=query.days)
        found = unknown_receipts(transaction, since=since)
        return DigitalPostReceipts(tuple(map(receipt_shown, found)))
    numbers = [number_of(each, "notice", LARGEST) for each in query.notice]
    for number in numbers:
        entry = find_entry(transaction, number)
        if entry is None or not _may(entry, principal, context, Right.VIEW_NOTICES):
            raise malformed("notice", "unknown", f"there is no message {number}")
        note_look(request, principal, context, Seen.MESSAGES, patron_id=entry.patron_id)
    return DigitalPostReceipts(tuple(map(receipt_shown, receipts_of(transaction, numbers))))


def decide(
    request: Request[Decision, None], principal: Principal, context: Context
) -> Notice | Problem:
    """Has a message told again, says that it was sent, or withdraws it."""
    entry = _the_entry(request, principal, context, Right.SEND_NOTICES)
    verb: Any = _DECISIONS[request.body.decision]
    try:
        verb(context.transaction, entry.id, actor=principal.name, now=context.now)
    except NotPossible as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    note_look(request, principal, context, Seen.MESSAGES, patron_id=entry.patron_id)
    entry = _the_entry(request, principal, context, Right.SEND_NOTICES)
    return _shown(entry, principal, context)


def _addressee(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    place = patron_named(request, request.path["patron"], principal, context, Right.SEND_NOTICES)
    request.about = place.id
    return place


def write_notice(
    request: Request[NewNotice, None], principal: Principal, context: Context
) -> NoticesMade:
    """Writes to a patron, by the channels of the rule or those named."""
    place, wish = _addressee(request, principal, context), request.body
    if wish.kind == NoticeKind.CANNOT_BE_OBTAINED.value and not wish.title:
        raise malformed("title", "missing", "name what cannot be obtained")
    made = write_to(
        context.act(principal.desk),
        Words(text=wish.text, subject=wish.subject, title=wish.title),
        patron_id=place.id,
        kind=NoticeKind(wish.kind),
        actor=principal.name,
        channels=wish.channels or None,
    )
    if made is None:
        raise malformed("channels", "missing", "no rule names a channel for such messages")
    return NoticesMade((str(made),))


def send_balance(request: Plain, principal: Principal, context: Context) -> NoticesMade:
    """Sends a patron a statement of all that they owe, now."""
    place = _addressee(request, principal, context)
    act = context.act(principal.desk)
    made = state_balance(act, patron_id=place.id, actor=principal.name)
    return NoticesMade(tuple(map(str, made)))


def show_choices(request: Plain, principal: Principal, context: Context) -> Choices:
    """Which messages a patron has said that they want, or do not."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_NOTICES)
    note_look(request, principal, context, Seen.MESSAGES, patron_id=place.id)
    return Choices(choices_of(context.transaction, place.id))


def change_choice(
    request: Request[ChoiceChange, None], principal: Principal, context: Context
) -> Choices:
    """A patron wants messages of this kind, or does not."""
    place = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    request.about = place.id
    try:
        kind = NoticeKind(request.path["kind"])
    except ValueError:
        raise Problem(Outcome.NOT_FOUND) from None
    person = addressee(context.transaction, patron_id=place.id)
    assert person is not None
    set_up = context.circulation.current_set_up(context.transaction)
    terms = notice_terms(set_up, person.home_branch_id, person.category, kind)
    act = context.act(principal.desk)
    try:
        choose(act, place.id, kind, wanted=request.body.wanted, terms=terms)
    except NotOptional as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    return Choices(choices_of(context.transaction, place.id))


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/notices",
        "Messages that could not be sent",
        list_queue,
        NoticeQueue,
        query=QueueQuery,
        lane=Lane.WIDE_READ,
        tag="notices",
        right=Right.VIEW_NOTICES,
    ),
    get(_NOTICE, "A message", show_notice, Notice, tag="notices", right=Right.VIEW_NOTICES),
    get(
        f"{_NOTICE}/explanation",
        "Why a message was made",
        explain_notice,
        NoticeExplained,
        lane=Lane.WIDE_READ,
        tag="notices",
        right=Right.VIEW_NOTICES,
    ),
    get(
        "/digital-post/receipts",
        "Receipts of Digital Post",
        list_receipts,
        DigitalPostReceipts,
        query=ReceiptQuery,
        lane=Lane.WIDE_READ,
        tag="notices",
        right=Right.VIEW_NOTICES,
    ),
    post(
        f"{_NOTICE}/decisions",
        "Decide on a message",
        decide,
        Notice,
        body=Decision,
        lane=Lane.WRITE,
        tag="notices",
        right=Right.SEND_NOTICES,
        outcomes=(Outcome.CONFLICT,),
    ),
    get(
        _OF_PATRON,
        "What a patron was told",
        list_messages,
        Messages,
        query=Paging,
        tag="notices",
        right=Right.VIEW_NOTICES,
    ),
    post(
        _OF_PATRON,
        "Write to a patron",
        write_notice,
        NoticesMade,
        body=NewNotice,
        lane=Lane.WRITE,
        tag="notices",
        right=Right.SEND_NOTICES,
    ),
    post(
        f"{_OF_PATRON}/balance",
        "Send a patron what they owe",
        send_balance,
        NoticesMade,
        lane=Lane.WRITE,
        tag="notices",
        right=Right.SEND_NOTICES,
    ),
    get(
        f"{_OF_PATRON}/choices",
        "Which messages a patron wants",
        show_choices,
        Choices,
        tag="notices",
        right=Right.VIEW_NOTICES,
    ),
    Operation(
        method="PUT",
        path=f"{_OF_PATRON}/choices/{{kind}}",
        summary="Say whether a patron wants such messages",
        handler=change_choice,
        answer=Choices,
        body=ChoiceChange,
        lane=Lane.SHORT_WRITE,
        tag="notices",
        right=Right.EDIT_PATRONS,
        outcomes=(Outcome.CONFLICT,),
    ),
)
