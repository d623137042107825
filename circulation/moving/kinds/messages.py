"""Messages that the other system has sent: in the log of each patron, so that staff see them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

from sqlalchemy import insert, select

from catalogue.database import Statement, columns, many_of, send_many
from circulation.languages.installed import default_language
from circulation.loans.schema import loans
from circulation.moving.lookups import FoundItem, FoundPatron, items_of, patrons_of
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import BRANCH, CODE, MOMENT, TEXT, coded
from circulation.notices.causes import Cause, cause_text
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.schema import notice_messages, notices


class MessageRow(NamedTuple):
    """What a plan may say of a message: what of, when, by which channel. `item` is what it told
    of, where it is still on loan to the patron."""

    patron: Annotated[str, TEXT]
    kind: Annotated[NoticeKind, coded(NoticeKind)]
    sent: Annotated[datetime, MOMENT]
    channel: Annotated[str, CODE] = "unknown"
    address: Annotated[str, TEXT] = ""
    subject: Annotated[str, TEXT] = ""
    body: Annotated[str, TEXT] = ""
    language: Annotated[str, CODE] = ""
    branch: Annotated[int | None, BRANCH] = None
    item: Annotated[str, TEXT] = ""


class _Message(NamedTuple):
    id: int
    patron_id: int
    recipient_id: int
    branch_id: int
    kind: str
    channel: str
    address: str
    language: str
    subject: str
    body: str
    template: str
    state: str
    attempts: int
    created: datetime
    due: datetime
    sent: datetime
    changed: datetime
    reference: str
    error: str


@send_many
def _insert_message(record: _Message) -> Statement:
    return insert(notice_messages).values(record._asdict())


class _Notice(NamedTuple):
    id: int
    patron_id: int
    recipient_id: int
    branch_id: int
    kind: str
    once: str
    cause: str
    facts: str
    failed: str
    state: str
    why: str
    created: datetime
    due: datetime
    message_id: int


@send_many
def _insert_notice(record: _Notice) -> Statement:
    return insert(notices).values(record._asdict())


class _Lent(NamedTuple):
    id: int
    item_id: int
    patron_id: int | None


@many_of(_Lent)
def _open_loans(*, item_ids: Sequence[int]) -> Statement:
    return select(*columns(_Lent, loans)).where(
        loans.c.item_id.in_(item_ids), loans.c.checked_in.is_(None)
    )


def store_messages(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes messages as sent. One that has changed stays as it was: it was sent."""
    moving = batch.moving
    told, about = patrons_of(batch, new), items_of(batch, new)
    new = batch.left(new)
    ids = [*{each.id for each in about.values()}]
    lent = {
        (each.item_id, each.patron_id): each.id
        for each in _open_loans(batch.transaction, item_ids=ids)
    }
    for each in new:
        each.row_id = moving.circulation.ids.next(moving.now)
    sent = [_message(each, told[id(each)]) for each in new]
    _insert_message(batch.transaction, sent)
    made = []
    for each, message in zip(new, sent, strict=True):
        loan_id = _loan(lent, about.get(id(each)), message.patron_id)
        cause = Cause(loans=() if loan_id is None else (loan_id,), key=moving.source)
        notice_id = moving.circulation.ids.next(moving.now)
        made.append(_notice(message, notice_id, cause, f"{moving.source} {each.key}"))
    _insert_notice(batch.transaction, made)


def _loan(
    lent: dict[tuple[int, int | None], int], item: FoundItem | None, patron_id: int
) -> int | None:
    return None if item is None else lent.get((item.id, patron_id))


def _message(arrival: Arrival, patron: FoundPatron) -> _Message:
    row: MessageRow = arrival.row
    return _Message(
        id=arrival.number,
        patron_id=patron.id,
        recipient_id=patron.id,
        branch_id=patron.home_branch_id if row.branch is None else row.branch,
        kind=row.kind.value,
        channel=row.channel,
        address=row.address,
        language=row.language or default_language(),
        subject=row.subject,
        body=row.body,
        template="",
        state=NoticeState.SENT.value,
        attempts=1,
        created=row.sent,
        due=row.sent,
        sent=row.sent,
        changed=row.sent,
        reference="",
        error="",
    )


def _notice(message: _Message, notice_id: int, cause: Cause, key: str) -> _Notice:
    return _Notice(
        id=notice_id,
        patron_id=message.patron_id,
        recipient_id=message.recipient_id,
        branch_id=message.branch_id,
        kind=message.kind,
        once=f"moved {key}",
        cause=cause_text(cause),
        facts=json.dumps({}),
        failed="",
        state=message.state,
        why="",
        created=message.created,
        due=message.due,
        message_id=message.id,
    )


MESSAGES = Kind("messages", MessageRow, store_messages)
