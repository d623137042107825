"""Has a message reached anybody: what may only follow once somebody has been told.

What a channel has taken counts as told where it can say no more of it (e-mail, a text without
receipts); where the channel confirms (Digital Post, paper, a gateway with receipts), not before it
has. What comes back later, or fails, has told nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, Transaction, columns, many_of
from circulation.notices.kinds import NoticeState
from circulation.notices.schema import notice_messages, notices

_asked, _same = notices.alias("asked"), notices.alias("same")


class _Told(NamedTuple):
    asked_id: int
    state: str
    confirms: bool
    sent: datetime | None
    changed: datetime


@many_of(_Told)
def _messages(*, asked_ids: Sequence[int]) -> Statement:
    """The messages of a notice, and of those that told others the same: guardians."""
    return (
        select(*columns(_Told, notice_messages, asked_id=_asked.c.id))
        .select_from(
            _asked.join(
                _same,
                (_same.c.patron_id == _asked.c.patron_id)
                & (_same.c.kind == _asked.c.kind)
                & (_same.c.cause == _asked.c.cause),
            ).join(notice_messages, notice_messages.c.id == _same.c.message_id)
        )
        .where(_asked.c.id.in_(asked_ids))
    )


_HAS_IT = (NoticeState.DELIVERED, NoticeState.READ)


def reached_at(transaction: Transaction, notice_ids: Sequence[int]) -> dict[int, datetime]:
    """When each of the notices reached the person or a guardian; what has reached nobody, or not
    yet, is left out."""
    found: dict[int, datetime] = {}
    for row in _messages(transaction, asked_ids=notice_ids):
        at = None
        if row.state in _HAS_IT:
            at = row.changed if row.confirms else row.sent or row.changed
        elif row.state == NoticeState.SENT and not row.confirms:
            at = row.sent or row.changed
        if at is not None:
            found[row.asked_id] = min(at, found.get(row.asked_id, at))
    return found
