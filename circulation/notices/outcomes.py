"""What became of a message: as the channel says at once, and as it tells later.

A message that a channel could not take is tried again after longer and longer waits; one that it
refuses is over, and the notice goes to the next channel of its rule. Accepted is not delivered:
channels that know more tell it later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalogue.database import Transaction
from circulation.digital_post.receipts import PostReceipt, write_receipt
from circulation.kernel.act import Act
from circulation.notices.claiming import AT_MOST, Outgoing, number_for, outgoing_of
from circulation.notices.kinds import NoticeState
from circulation.notices.planning import Planned, Planner
from circulation.notices.post import Post
from circulation.notices.rows import (
    Message,
    abandoned_messages,
    lock_message,
    lock_messages,
    message_by_reference,
    notices_of_message,
    notices_of_messages,
    tried_as,
    waiting_messages,
    write_messages,
    write_notices,
    write_with_notices,
)

#: How often a channel is tried, the first time included; and how long to wait in between.
MOST_ATTEMPTS = 10
_FIRST_WAIT = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(hours=6)
#: Nobody takes so long to send a message: whoever began it has died.
ABANDONED_AFTER = timedelta(minutes=15)
#: Of such a message it is not written down yet how sending went.
_OPEN = (NoticeState.SENDING, NoticeState.UNSURE)


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel has it. `reference` is what it calls it by; `state` where it knows more."""

    reference: str = ""
    state: NoticeState = NoticeState.SENT


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The channel could not take it now: it is down, busy, or has no answer."""

    why: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The channel refuses it for good: there is no such address, or it cannot be put so."""

    why: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It may have been sent: the connection broke when it was given over. Staff must decide."""

    why: str


Outcome = Sent | TryAgain | NotSent | Doubtful


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 2, 6, 18, 54 minutes, up to six hours."""
    factor: int = 3 ** min(attempts - 1, 10)
    return min(_FIRST_WAIT * factor, _LONGEST_WAIT)


def record(transaction: Transaction, message_id: int, outcome: Outcome, now: datetime) -> None:
    """Writes down how sending went. What was settled meanwhile by another report stays so."""
    message = lock_message(transaction, message_id=message_id)
    if message is None or message.state not in _OPEN:
        return
    message = message._replace(claimed=None, changed=now)
    if isinstance(outcome, Sent):
        write_with_notices(transaction, [_taken(message, outcome, now)])
    elif isinstance(outcome, Doubtful):
        _doubt(transaction, message, outcome.why)
    elif isinstance(outcome, TryAgain) and message.attempts < MOST_ATTEMPTS:
        due = now + wait_after(message.attempts)
        was_unsure = message.state is NoticeState.UNSURE
        message = message._replace(state=NoticeState.WAITING, due=due, error=outcome.why)
        write_messages(transaction, [message])
        if was_unsure:  # it was not sent: staff need not decide
            told = notices_of_message(transaction, message_id=message.id)
            again = [each._replace(state=NoticeState.SENDING, why="") for each in told]
            write_notices(transaction, again)
    else:
        _fail(transaction, message, outcome.why, now)


def record_all(transaction: Transaction, outcomes: Mapping[int, Outcome], now: datetime) -> None:
    """The same as `record` for each of them. Most were taken by their channels: those are written
    in bulk."""
    taken = {key: each for key, each in outcomes.items() if isinstance(each, Sent)}
    locked = lock_messages(transaction, message_ids=sorted(taken))
    open_messages = {each.id: each for each in locked if each.state in _OPEN}.values()
    write_with_notices(transaction, [_taken(each, taken[each.id], now) for each in open_messages])
    for message_id, outcome in outcomes.items():
        if message_id not in taken:
            record(transaction, message_id, outcome, now)


def _taken(message: Message, outcome: Sent, now: datetime) -> Message:
    """The message as its channel has taken it."""
    return message._replace(
        state=outcome.state,
        claimed=None,
        sent=now,
        changed=now,
        reference=outcome.reference,
        error="",
    )


def _doubt(transaction: Transaction, message: Message, why: str) -> None:
    message = message._replace(state=NoticeState.UNSURE, error=why, claimed=None)
    write_with_notices(transaction, [message], why)


def _fail(transaction: Transaction, message: Message, why: str, now: datetime) -> None:
    """The message is over; what it told goes to the next channel, at once."""
    message = message._replace(state=NoticeState.FAILED, error=why, changed=now, claimed=None)
    write_messages(transaction, [message])
    write_notices(
        transaction,
        [
            notice._replace(
                state=NoticeState.WAITING,
                why=f"{message.channel}: {why}",
                due=now,
                failed=" ".join(
                    [notice.failed, tried_as(notice, message.recipient_id, message.channel)]
                ).strip(),
            )
            for notice in notices_of_message(transaction, message_id=message.id)
        ],
    )


#: A later report never takes back what an earlier one knew better: they come in any order.
_RANKS = (NoticeState.SENT, NoticeState.DELIVERED, NoticeState.READ)


@dataclass(frozen=True, slots=True)
class Report:
    """What a channel tells later of a message, named by its id or by the channel's reference.

    `state` is DELIVERED, READ, FAILED or SENT, or None where nothing is changed by it. A `receipt`
    is kept as it came, whether or not its message is known; it proves by itself whose it is, so
    that one channel may take in the receipts of another.
    """

    state: NoticeState | None
    message_id: int | None = None
    reference: str = ""
    why: str = ""
    receipt: PostReceipt | None = None


def take_report(transaction: Transaction, channel: str, report: Report, now: datetime) -> bool:
    """Writes down what a channel tells later; False where it names no message of that channel."""
    message = None
    if report.message_id is not None:
        message = lock_message(transaction, message_id=report.message_id)
    elif report.reference:
        named = message_by_reference(transaction, reference=report.reference, channel=channel)
        message = None if named is None else lock_message(transaction, message_id=named.id)
    if report.receipt is not None:
        known = message.id if message is not None else None
        if not write_receipt(transaction, report.receipt._replace(message_id=known), now):
            return True
    elif message is not None and message.channel != channel:
        message = None
    if message is None:
        return False
    if report.state is None:
        return True
    if report.state is NoticeState.FAILED:
        if message.state in (NoticeState.SENT, NoticeState.SENDING, NoticeState.UNSURE):
            _fail(transaction, message, report.why, now)
        return True
    is_news = message.state not in _RANKS or _RANKS.index(message.state) < _RANKS.index(
        report.state
    )
    if is_news and message.state not in (NoticeState.FAILED, NoticeState.WITHDRAWN):
        message = message._replace(
            state=report.state, changed=now, sent=message.sent or now, claimed=None
        )
        write_with_notices(transaction, [message])
    return True


def claim_again(act: Act, post: Post) -> list[Outgoing]:
    """Messages that their channel may take now, claimed for the caller to send.

    All they tell is looked at again: where some of it is not so any more, the message is withdrawn
    and the rest is put into words anew.
    """
    transaction, circulation, _, now = act
    found = waiting_messages(transaction, now=now, at_most=AT_MOST)
    if not found:
        return []
    told = notices_of_messages(transaction, message_ids=[each.id for each in found])
    set_up = circulation.current_set_up(transaction)
    planner = Planner(transaction, set_up, post, told, now)
    outgoing = []
    for message in found:
        mine = list({each.id: each for each in told if each.message_id == message.id}.values())
        planned = planner.plan(mine)
        # Claimed already: its sender died. The channel must be given the very same again.
        may_be_sent = message.claimed is not None
        is_same = len(planned) == 1 and _is_same(message, planned[0])
        if is_same or (may_be_sent and any(each.text for each in planned)):
            message = message._replace(
                state=NoticeState.SENDING, attempts=message.attempts + 1, claimed=now, changed=now
            )
            write_messages(transaction, [message])
            recipient = planner.persons.get(message.recipient_id or 0)
            number = number_for(circulation, transaction, post, message)
            outgoing.append(outgoing_of(message, recipient, set_up, number))
            continue
        if planned and all(each.state is NoticeState.WAITING for each in planned):
            later = max(each.due or now for each in planned)
            write_messages(transaction, [message._replace(due=later, changed=now)])
            continue
        why = "it is not so any more" + (", but may have been sent" if may_be_sent else "")
        message = message._replace(state=NoticeState.WITHDRAWN, error=why, changed=now)
        write_messages(transaction, [message])
        write_notices(
            transaction,
            [each._replace(state=NoticeState.WAITING, why="", due=now) for each in mine],
        )
    return outgoing


def _is_same(message: Message, planned: Planned) -> bool:
    """Would the notices still be told in the same words, in the same place?"""
    text = planned.text
    return (
        text is not None
        and (planned.channel, planned.address) == (message.channel, message.address)
        and (text.subject, text.body) == (message.subject, message.body)
    )


def take_up_abandoned(transaction: Transaction, post: Post, *, now: datetime) -> Counter[str]:
    """What became of messages whose sender died between sending and writing it down.

    Where the channel knows them by their ids, they are given to it again; elsewhere staff must
    decide whether they were sent.
    """
    counts: Counter[str] = Counter()
    for message in abandoned_messages(transaction, before=now - ABANDONED_AFTER):
        traits = post.channels.get(message.channel)
        if traits is not None and traits.knows_ids:
            message = message._replace(state=NoticeState.WAITING, due=now, changed=now)
            write_messages(transaction, [message])
            counts["given again"] += 1
        else:
            _doubt(transaction, message._replace(changed=now), "its sender died while sending it")
            counts["unsure"] += 1
    return counts
