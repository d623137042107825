"""The log: every message of a patron as staff see it, what waits for a decision, and deciding.

An entry is a message as it was given to a channel; a notice that was not given to one, or that goes
to the next channel, has an entry of its own. An entry is named by its id, whichever of the two it
is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import and_, literal_column, or_

from catalogue.database import Statement, Transaction, many, many_of
from circulation.kernel.paging import END, MOST, START, Page, Place
from circulation.notices.kinds import TRAITS, NoticeKind, NoticeState
from circulation.notices.rows import (
    Message,
    Notice,
    find_message,
    find_notice,
    lock_message,
    lock_told,
    messages_before,
    notices_of_message,
    notices_of_messages,
    read_message,
    read_notice,
    select_messages,
    select_notices,
    untold_before,
    write_messages,
    write_notices,
    write_with_notices,
)
from circulation.notices.schema import IS_OPEN_MESSAGE, notice_messages, notices, stored

#: Nobody needs to look after what a patron may decline and has no address for: a welcome, a
#: receipt.
_IS_MISSED = or_(
    notices.c.state != NoticeState.NO_CONTACT_DATA.value,
    notices.c.kind.not_in(stored(kind for kind in NoticeKind if TRAITS[kind].is_optional)),
)
#: States that staff must look at: the system cannot go on by itself.
FOR_STAFF = (NoticeState.UNSURE, NoticeState.FAILED, NoticeState.NO_CONTACT_DATA)
#: Entries of a queue at most.
AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry. `channel` and `address` are empty where nothing was sent yet, `text` as well;
    `changed` is when the state was reached, where that is known. `why` belongs to the state.
    `next_attempt` is set while it waits because an attempt has failed.
    """

    id: int
    patron_id: int | None
    recipient_id: int | None
    kind: NoticeKind
    state: NoticeState
    created: datetime
    due: datetime
    channel: str = ""
    address: str = ""
    language: str = ""
    subject: str = ""
    text: str = ""
    template: str = ""
    sent: datetime | None = None
    changed: datetime | None = None
    attempts: int = 0
    why: str = ""
    next_attempt: datetime | None = None
    notices: tuple[int, ...] = ()


def _logged(row: Message | Notice, **given: Any) -> Logged:
    shared = {name: getattr(row, name) for name in Logged.__slots__ if name in row._fields}
    return Logged(**(shared | given))


def _of_message(message: Message, told: Iterable[Notice]) -> Logged:
    ids = tuple(each.id for each in told)
    next_attempt = message.due if message.state is NoticeState.WAITING else None
    return _logged(
        message, text=message.body, why=message.error, next_attempt=next_attempt, notices=ids
    )


def _of_notice(notice: Notice) -> Logged:
    is_retried = notice.state is NoticeState.WAITING and notice.failed
    next_attempt = notice.due if is_retried else None
    return _logged(notice, next_attempt=next_attempt, notices=(notice.id,))


def _by_age(entry: Logged | Message) -> tuple[datetime, int]:
    return entry.created, entry.id


def log_of(
    transaction: Transaction, patron_id: int, *, after: Place | None = None, limit: int = MOST
) -> Page[Logged]:
    """What the patron was told, is to be told, or could not be; the newest first: a page behind
    that place.

    This includes what is about the patron and went to a guardian, and what the patron was told as a
    guardian.
    """
    at_most, (at, before_id) = min(max(limit, 1), MOST), after or END
    where: dict[str, Any] = {"at": at, "before_id": before_id, "at_most": at_most + 1}
    messages = messages_before(transaction, patron_id=patron_id, **where)
    messages = sorted(messages, key=_by_age, reverse=True)[: at_most + 1]
    # No more is read of what stands behind the last message of the page.
    since = messages[-1].created if len(messages) > at_most else START.moment
    untold = untold_before(transaction, patron_id=patron_id, since=since, **where)
    told = _told_by(transaction, messages, patron_id)
    found = [_of_message(each, told.get(each.id, ())) for each in messages]
    found += map(_of_notice, untold)
    found.sort(key=_by_age, reverse=True)
    lines = tuple(found[:at_most])
    return Page(lines, Place(*_by_age(lines[-1])) if len(found) > at_most else None)


def _told_by(
    transaction: Transaction, messages: Sequence[Message], patron_id: int
) -> dict[int, list[Notice]]:
    """By message, the notices about the patron, or for them, that it tells."""
    told: dict[int, list[Notice]] = {}
    ids = [each.id for each in messages]
    rows = notices_of_messages(transaction, message_ids=ids)
    for each in sorted(rows, key=attrgetter("id")):
        if each.message_id is not None and patron_id in (each.patron_id, each.recipient_id):
            told.setdefault(each.message_id, []).append(each)
    return told


#: A channel has failed, and the next one is tried.
_IS_PASSED_ON = and_(
    notices.c.state == literal_column(f"'{NoticeState.WAITING.value}'"),
    notices.c.failed != literal_column("''"),
)


def _in_state(states: Sequence[NoticeState], since: datetime) -> Statement:
    is_meant = or_(notices.c.state.in_(stored(states)), _IS_PASSED_ON)
    return (
        select_notices(is_meant, notices.c.created >= since, _IS_MISSED)
        .order_by(notices.c.created, notices.c.id)
        .limit(AT_MOST)
    )


@many(read_notice)
def _for_staff(*, since: datetime) -> Statement:
    return _in_state(FOR_STAFF, since)


@many(read_notice)
def _open(*, since: datetime) -> Statement:
    return _in_state((*FOR_STAFF, NoticeState.WAITING, NoticeState.SENDING), since)


@many(read_message)
def _retried(*, since: datetime) -> Statement:
    """Messages that their channel could not take, and will be given again."""
    return (
        select_messages(
            IS_OPEN_MESSAGE,
            notice_messages.c.state == NoticeState.WAITING,
            notice_messages.c.created >= since,
        )
        .order_by(notice_messages.c.created, notice_messages.c.id)
        .limit(AT_MOST)
    )


@many_of(read_message)
def _messages(*, message_ids: Sequence[int]) -> Statement:
    return select_messages(notice_messages.c.id.in_(message_ids))


def queue(
    transaction: Transaction, *, now: datetime, days: int = 28, with_waiting: bool = False
) -> list[Logged]:
    """Return what could not be sent in the last days, what may have been sent, and what waits for
    another attempt; `with_waiting` adds what has not been tried yet. At most `AT_MOST` entries."""
    since = now - timedelta(days)
    rows = (_open if with_waiting else _for_staff)(transaction, since=since)
    wanted = sorted({each.message_id for each in rows if each.message_id is not None})
    messages = {each.id: each for each in _retried(transaction, since=since)}
    shown = set(messages)
    messages |= {each.id: each for each in _messages(transaction, message_ids=wanted)}
    of_messages = notices_of_messages(transaction, message_ids=sorted(messages))
    told: dict[int, list[Notice]] = {}
    for each in {each.id: each for each in of_messages}.values():
        assert each.message_id is not None
        told.setdefault(each.message_id, []).append(each)
    found = []
    for notice in rows:
        message = messages.get(notice.message_id or 0)
        if message is None or not _stands_for(message, notice):
            found.append(_of_notice(notice))
        else:
            shown.add(message.id)
    found += [_of_message(messages[each], told.get(each, ())) for each in shown]
    return sorted(found, key=lambda entry: (entry.created, entry.id))[:AT_MOST]


def _stands_for(message: Message, notice: Notice) -> bool:
    """Return whether the message tells the notice: what it failed to tell, the next one does."""
    states = message.state, notice.state
    return message.state is notice.state or states == (NoticeState.WAITING, NoticeState.SENDING)


def find_entry(transaction: Transaction, entry_id: int) -> Logged | None:
    """The entry with this id: a message, or what none was made of."""
    message = find_message(transaction, message_id=entry_id)
    if message is not None:
        return _of_message(message, notices_of_message(transaction, message_id=entry_id))
    notice = find_notice(transaction, notice_id=entry_id)
    return None if notice is None else _of_notice(notice)


class NotPossible(ValueError):
    """This cannot be done with the entry in its state, which the text names."""


def resend(transaction: Transaction, entry_id: int, *, actor: str, now: datetime) -> int:
    """Has it told again, from the first channel on: in the words of now, if it is still so.

    Gives how many notices that are. Raises LookupError for an unknown id, NotPossible while it
    waits to be sent anyway, and where what it said was forgotten.
    """
    entry = _settled(transaction, entry_id)
    if entry.state in (NoticeState.WAITING, NoticeState.SENDING):
        raise NotPossible(f"it is {entry.state.value}: it will be sent by itself")
    message = lock_message(transaction, message_id=entry_id)
    why = f"sent again by {actor}"
    if message is not None and message.state is NoticeState.UNSURE:
        message = message._replace(state=NoticeState.FAILED, changed=now, error=why)
        write_messages(transaction, [message])
    if not entry.notices:
        raise NotPossible("a later message has told it, or what it said was forgotten")
    told = _told(transaction, entry)
    if all(each.state is NoticeState.WAITING for each in told):
        raise NotPossible("it is waiting to be told again already")
    again = [each._replace(state=NoticeState.WAITING, why=why, due=now, failed="") for each in told]
    write_notices(transaction, again)
    return len(again)


def settle_as_sent(transaction: Transaction, entry_id: int, *, actor: str, now: datetime) -> None:
    """A message that may have been sent was sent, as staff have found out.

    Raises LookupError for an unknown id, NotPossible where that is no question.
    """
    entry = _settled(transaction, entry_id)
    message = lock_message(transaction, message_id=entry_id)
    if message is None or message.state is not NoticeState.UNSURE:
        raise NotPossible(f"it is {entry.state.value}: there is nothing to decide")
    settled = message._replace(
        state=NoticeState.SENT,
        sent=message.claimed or message.changed,
        changed=now,
        claimed=None,
        error=f"said to be sent by {actor}",
    )
    write_with_notices(transaction, [settled])


def withdraw(transaction: Transaction, entry_id: int, *, actor: str, now: datetime) -> None:
    """Nobody is told: what waits is not sent, and what failed need not be looked at any more.

    Raises LookupError for an unknown id, NotPossible for what was sent.
    """
    entry = _settled(transaction, entry_id)
    if entry.state in (NoticeState.SENT, NoticeState.DELIVERED, NoticeState.READ):
        raise NotPossible(f"it is {entry.state.value}")
    if entry.state is NoticeState.SENDING:
        raise NotPossible("it is being sent")
    why = f"withdrawn by {actor}"
    message = lock_message(transaction, message_id=entry_id)
    state = NoticeState.WITHDRAWN
    if message is not None:
        write_messages(transaction, [message._replace(state=state, changed=now, error=why)])
    told = _told(transaction, entry)
    write_notices(transaction, [each._replace(state=state, why=why, due=now) for each in told])


def _told(transaction: Transaction, entry: Logged) -> list[Notice]:
    found = (find_notice(transaction, notice_id=each) for each in entry.notices)
    return [each for each in found if each is not None]


def _settled(transaction: Transaction, entry_id: int) -> Logged:
    """Return the entry, locked with all that it tells. Raises LookupError."""
    # The message first, as who sends it does.
    lock_message(transaction, message_id=entry_id)
    lock_told(transaction, entry_id=entry_id)
    entry = find_entry(transaction, entry_id)
    if entry is None:
        raise LookupError(f"there is no message {entry_id}")
    return entry
