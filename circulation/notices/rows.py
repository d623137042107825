"""Notices and messages as rows: reading and writing them in bulk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from inspect import signature
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    Table,
    TextClause,
    and_,
    insert,
    literal_column,
    not_,
    or_,
    select,
    union_all,
    update,
)

from catalogue.database import (
    Statement,
    Transaction,
    columns,
    many,
    many_of,
    one,
    scalars,
    send_many,
)
from circulation.notices.causes import Cause, read_cause
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.schema import (
    IS_OPEN_MESSAGE,
    IS_WAITING_NOTICE,
    notice_messages,
    notices,
)


class Notice(NamedTuple):
    """What somebody is to be told."""

    id: int
    patron_id: int | None
    recipient_id: int | None
    branch_id: int
    kind: NoticeKind
    cause: Cause
    facts: dict[str, Any]
    channels: tuple[str, ...] | None
    failed: str  # channels, as `tried_as` calls them, parted by blanks
    state: NoticeState
    why: str
    created: datetime
    due: datetime
    message_id: int | None


class Message(NamedTuple):
    """What was given to a channel, or is to be."""

    id: int
    patron_id: int | None
    recipient_id: int | None
    branch_id: int
    kind: NoticeKind
    channel: str
    address: str
    language: str
    subject: str
    body: str
    template: str
    state: NoticeState
    attempts: int
    created: datetime
    due: datetime
    claimed: datetime | None
    sent: datetime | None
    changed: datetime
    reference: str
    error: str
    confirms: bool


def read_notice(*row: Any) -> Notice:
    notice = Notice(*row)
    return notice._replace(
        kind=NoticeKind(notice.kind),
        cause=read_cause(row[5]),
        facts=json.loads(row[6]),
        channels=None if row[7] is None else tuple(row[7].split()),
        state=NoticeState(notice.state),
    )


def read_message(*row: Any) -> Message:
    message = Message(*row)
    return message._replace(kind=NoticeKind(message.kind), state=NoticeState(message.state))


#: They take what the columns hold, each by the name of its field.
read_notice.__signature__ = signature(Notice)  # type: ignore[attr-defined]
read_message.__signature__ = signature(Message)  # type: ignore[attr-defined]


def tried_as(notice: Notice, recipient_id: int | None, channel: str) -> str:
    """What `Notice.failed` calls a channel: another where somebody stood in for the recipient."""
    return channel if recipient_id == notice.recipient_id else f"guardian.{channel}"


def select_notices(*conditions: ColumnElement[bool] | TextClause) -> Select[Any]:
    """Notices for a statement whose rows are read with `read_notice`."""
    return select(*columns(read_notice, notices)).where(*conditions)


def select_messages(*conditions: ColumnElement[bool] | TextClause) -> Select[Any]:
    """Messages for a statement whose rows are read with `read_message`."""
    return select(*columns(read_message, notice_messages)).where(*conditions)


def is_of(table: Table, patron_id: int) -> ColumnElement[bool]:
    """Is a notice or message about the patron, or for them."""
    return or_(table.c.patron_id == patron_id, table.c.recipient_id == patron_id)


@many(read_notice)
def waiting_notices(*, now: datetime, at_most: int) -> Statement:
    """All that are due, those of one person together.

    Rows that another sender is working on are skipped.
    """
    return (
        select_notices(IS_WAITING_NOTICE, notices.c.due <= now)
        .order_by(notices.c.recipient_id, notices.c.kind, notices.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )


@one(read_notice)
def find_notice(*, notice_id: int) -> Statement:
    return select_notices(notices.c.id == notice_id)


@scalars(int)
def lock_told(*, entry_id: int) -> Statement:
    """Lock the notice of this id, or those that the message of this id tells; return their ids."""
    its = or_(notices.c.id == entry_id, notices.c.message_id == entry_id)
    return select(notices.c.id).where(its).order_by(notices.c.id).with_for_update()


@many(read_notice)
def notices_of_message(*, message_id: int) -> Statement:
    return select_notices(notices.c.message_id == message_id).order_by(notices.c.id)


@many_of(read_notice)
def notices_of_messages(*, message_ids: Sequence[int]) -> Statement:
    return select_notices(notices.c.message_id.in_(message_ids))


@many(read_notice)
def notices_of_person(*, patron_id: int) -> Statement:
    return select_notices(is_of(notices, patron_id)).order_by(notices.c.id)


def _newest_ids(
    table: Table,
    patron_id: int,
    at: datetime,
    before_id: int,
    at_most: int,
    *conditions: ColumnElement[bool],
    source: FromClause | None = None,
) -> ScalarSelect[Any]:
    """Of the rows about the person, and of those for them: so many each, the newest before that
    place. Asked for with OR all of them would be sorted, as no index has the order of both."""
    its = table.c

    def of(whose: ColumnElement[int]) -> Select[Any]:
        newest = (
            select(its.id)
            .select_from(table if source is None else source)
            # Said twice: the first condition of the place is what the index can be walked by.
            .where(whose == patron_id, its.created <= at, *conditions)
            .where(or_(its.created < at, its.id < before_id))
            .order_by(its.created.desc(), its.id.desc())
            .limit(at_most)
        )
        return select(newest.subquery().c.id)

    return union_all(of(its.patron_id), of(its.recipient_id)).scalar_subquery()


@many(read_message)
def messages_before(*, patron_id: int, at: datetime, before_id: int, at_most: int) -> Statement:
    """Messages about the person or for them, the newest before that place: `at_most` of each."""
    newest = _newest_ids(notice_messages, patron_id, at, before_id, at_most)
    return select_messages(notice_messages.c.id.in_(newest))


#: What a message failed to tell is told by the next one, or by none.
_IS_TOLD = or_(
    notice_messages.c.state == notices.c.state,
    and_(
        notice_messages.c.state == literal_column(f"'{NoticeState.WAITING.value}'"),
        notices.c.state == literal_column(f"'{NoticeState.SENDING.value}'"),
    ),
)


@many(read_notice)
def untold_before(
    *, patron_id: int, since: datetime, at: datetime, before_id: int, at_most: int
) -> Statement:
    """Notices about the person or for them that no message of theirs stands for, made since then:
    the newest before that place, `at_most` of each."""
    theirs = and_(notice_messages.c.id == notices.c.message_id, is_of(notice_messages, patron_id))
    newest = _newest_ids(
        notices,
        patron_id,
        at,
        before_id,
        at_most,
        notices.c.created >= since,
        or_(notice_messages.c.id.is_(None), not_(_IS_TOLD)),
        source=notices.outerjoin(notice_messages, theirs),
    )
    return select_notices(notices.c.id.in_(newest))


@one(read_message)
def find_message(*, message_id: int) -> Statement:
    return select_messages(notice_messages.c.id == message_id)


@one(read_message)
def lock_message(*, message_id: int) -> Statement:
    return select_messages(notice_messages.c.id == message_id).with_for_update()


@many_of(read_message)
def lock_messages(*, message_ids: Sequence[int]) -> Statement:
    return (
        select_messages(notice_messages.c.id.in_(message_ids))
        .order_by(notice_messages.c.id)
        .with_for_update()
    )


@one(read_message)
def message_by_reference(*, reference: str, channel: str) -> Statement:
    return select_messages(
        notice_messages.c.reference == reference,
        notice_messages.c.reference != literal_column("''"),
        notice_messages.c.channel == channel,
    )


@many(read_message)
def waiting_messages(*, now: datetime, at_most: int) -> Statement:
    """Those whose channel could not take them before, and may be able to now."""
    return (
        select_messages(
            IS_OPEN_MESSAGE,
            notice_messages.c.state == NoticeState.WAITING,
            notice_messages.c.due <= now,
        )
        .order_by(notice_messages.c.due, notice_messages.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )


@many(read_message)
def abandoned_messages(*, before: datetime) -> Statement:
    """Those that somebody began to send, and nobody told how it went."""
    return (
        select_messages(
            IS_OPEN_MESSAGE,
            notice_messages.c.state == NoticeState.SENDING,
            notice_messages.c.claimed < before,
        )
        .order_by(notice_messages.c.due, notice_messages.c.id)
        .with_for_update(skip_locked=True)
    )


@send_many
def insert_messages(message: Message) -> Statement:
    return insert(notice_messages).values(message._asdict())


#: What changes of a message once it is made.
_CHANGING = ("state", "attempts", "due", "claimed", "sent", "changed", "reference", "error")


@send_many
def write_messages(message: Message) -> Statement:
    """Stores how far messages have come."""
    return (
        update(notice_messages)
        .where(notice_messages.c.id == message.id)
        .values({name: getattr(message, name) for name in _CHANGING})
    )


@send_many
def _write_told(message: Message) -> Statement:
    return (
        update(notices)
        .where(notices.c.message_id == message.id)
        .values(state=message.state, why=message.error)
    )


def write_with_notices(
    transaction: Transaction, messages: Sequence[Message], why: str = ""
) -> None:
    """Stores how far messages have come, and so all that they tell; `why` is for their notices."""
    write_messages(transaction, messages)
    _write_told(transaction, [message._replace(error=why) for message in messages])


@send_many
def write_notices(notice: Notice) -> Statement:
    """Stores how far notices have come."""
    return (
        update(notices)
        .where(notices.c.id == notice.id)
        .values(state=notice.state, why=notice.why, due=notice.due, failed=notice.failed)
    )


@send_many
def put_into_messages(notice: Notice) -> Statement:
    """Stores what has become of notices that were due, and which message tells them."""
    return (
        update(notices)
        .where(notices.c.id == notice.id)
        .values(state=notice.state, why=notice.why, due=notice.due, message_id=notice.message_id)
    )
