"""Notices and messages as rows: reading and writing them in bulk."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, insert, or_, select, update

from catalogue.database import (
    Moment,
    Transaction,
    change,
    key_parameters,
    many,
    many_of,
    one,
    send,
    send_many,
)
from circulation.notices.causes import Cause, read_cause
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.schema import notice_messages, notices


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
    failed: tuple[str, ...]
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
        failed=tuple(row[8].split()),
        state=NoticeState(notice.state),
    )


def read_message(*row: Any) -> Message:
    message = Message(*row)
    return message._replace(kind=NoticeKind(message.kind), state=NoticeState(message.state))


def tried_as(notice: Notice, recipient_id: int | None, channel: str) -> str:
    """What `Notice.failed` calls a channel: another where somebody stood in for the recipient."""
    return channel if recipient_id == notice.recipient_id else f"guardian.{channel}"


def select_notices(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Notices for a statement whose rows are read with `read_notice`."""
    return select(*(notices.c[name] for name in Notice._fields)).where(*conditions)


def select_messages(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Messages for a statement whose rows are read with `read_message`."""
    return select(*(notice_messages.c[name] for name in Message._fields)).where(*conditions)


#: All that are due, those of one person together. Rows that another sender is working on are
#: skipped.
waiting_notices = many(
    select_notices(
        notices.c.state == NoticeState.WAITING.value,
        notices.c.due <= bindparam("now", type_=Moment),
    )
    .order_by(notices.c.recipient_id, notices.c.kind, notices.c.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True),
    read_notice,
    "now",
    "at_most",
)
find_notice = one(select_notices(notices.c.id == bindparam("notice_id")), read_notice, "notice_id")
notices_of_message = many(
    select_notices(notices.c.message_id == bindparam("message_id")).order_by(notices.c.id),
    read_notice,
    "message_id",
)
notices_of_messages: Callable[[Transaction, list[int]], list[Notice]] = many_of(
    lambda size: select_notices(notices.c.message_id.in_(key_parameters(size))), read_notice
)
find_message = one(
    select_messages(notice_messages.c.id == bindparam("message_id")), read_message, "message_id"
)
lock_message = one(
    select_messages(notice_messages.c.id == bindparam("message_id")).with_for_update(),
    read_message,
    "message_id",
)
message_by_reference = one(
    select_messages(
        notice_messages.c.reference == bindparam("reference"),
        notice_messages.c.reference != "",
        notice_messages.c.channel == bindparam("of_channel"),
    ),
    read_message,
    "reference",
    "of_channel",
)
#: Those whose channel could not take them before, and may be able to now.
waiting_messages = many(
    select_messages(
        notice_messages.c.state == NoticeState.WAITING.value,
        notice_messages.c.due <= bindparam("now", type_=Moment),
    )
    .order_by(notice_messages.c.due, notice_messages.c.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True),
    read_message,
    "now",
    "at_most",
)
#: Those that somebody began to send, and nobody told how it went.
abandoned_messages = many(
    select_messages(
        notice_messages.c.state == NoticeState.SENDING.value,
        notice_messages.c.claimed < bindparam("before", type_=Moment),
    )
    .order_by(notice_messages.c.id)
    .with_for_update(skip_locked=True),
    read_message,
    "before",
)

_NEW_MESSAGE = tuple(name for name in Message._fields)
insert_messages = send_many(
    insert(notice_messages).values(
        {
            notice_messages.c[name]: bindparam(f"new_{name}", type_=notice_messages.c[name].type)
            for name in _NEW_MESSAGE
        }
    ),
    *(f"new_{name}" for name in _NEW_MESSAGE),
)
#: (state, why, due, message id, notice id)
update_notices = send_many(
    update(notices)
    .where(notices.c.id == bindparam("notice_id"))
    .values(
        state=bindparam("new_state"),
        why=bindparam("new_why"),
        due=bindparam("new_due", type_=Moment),
        message_id=bindparam("new_message_id", type_=notices.c.message_id.type),
    ),
    "new_state",
    "new_why",
    "new_due",
    "new_message_id",
    "notice_id",
)
lock_messages: Callable[[Transaction, list[int]], list[Message]] = many_of(
    lambda size: (
        select_messages(notice_messages.c.id.in_(key_parameters(size)))
        .order_by(notice_messages.c.id)
        .with_for_update()
    ),
    read_message,
)
#: (reference, state, now, message id): what a channel has taken.
set_taken = send_many(
    update(notice_messages)
    .where(notice_messages.c.id == bindparam("message_id"))
    .values(
        state=bindparam("new_state"),
        claimed=None,
        sent=bindparam("new_sent", type_=Moment),
        changed=bindparam("new_sent", type_=Moment),
        reference=bindparam("new_reference"),
        error="",
    ),
    "new_reference",
    "new_state",
    "new_sent",
    "message_id",
)
#: (state, message id): the notices that such a message tells.
set_notices_taken = send_many(
    update(notices)
    .where(notices.c.message_id == bindparam("of_message"))
    .values(state=bindparam("new_state"), why=""),
    "new_state",
    "of_message",
)
set_state_of_message = send(
    update(notice_messages)
    .where(notice_messages.c.id == bindparam("message_id"))
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        due=bindparam("new_due", type_=Moment),
        claimed=bindparam("new_claimed", type_=Moment),
        sent=bindparam("new_sent", type_=Moment),
        changed=bindparam("new_changed", type_=Moment),
        reference=bindparam("new_reference"),
        error=bindparam("new_error"),
    ),
    "message_id",
    "new_state",
    "new_attempts",
    "new_due",
    "new_claimed",
    "new_sent",
    "new_changed",
    "new_reference",
    "new_error",
)
set_state_of_notices = send(
    update(notices)
    .where(notices.c.message_id == bindparam("of_message"))
    .values(state=bindparam("new_state"), why=bindparam("new_why")),
    "of_message",
    "new_state",
    "new_why",
)
set_notice = change(
    update(notices)
    .where(notices.c.id == bindparam("notice_id"))
    .values(
        state=bindparam("new_state"),
        why=bindparam("new_why"),
        due=bindparam("new_due", type_=Moment),
        failed=bindparam("new_failed"),
        channels=bindparam("new_channels", type_=notices.c.channels.type),
    ),
    "notice_id",
    "new_state",
    "new_why",
    "new_due",
    "new_failed",
    "new_channels",
)


def write_message(transaction: Transaction, message: Message) -> None:
    """Stores how far a message has come."""
    set_state_of_message(
        transaction,
        message.id,
        message.state.value,
        message.attempts,
        message.due,
        message.claimed,
        message.sent,
        message.changed,
        message.reference,
        message.error,
    )


_of_person = or_(
    notices.c.patron_id == bindparam("of_patron"), notices.c.recipient_id == bindparam("of_patron")
)
notices_of_person = many(
    select_notices(_of_person).order_by(notices.c.id), read_notice, "of_patron"
)
messages_of_person = many(
    select_messages(
        or_(
            notice_messages.c.patron_id == bindparam("of_patron"),
            notice_messages.c.recipient_id == bindparam("of_patron"),
        )
    ).order_by(notice_messages.c.id),
    read_message,
    "of_patron",
)
