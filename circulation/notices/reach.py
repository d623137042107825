"""Has a message reached anybody: what may only follow once somebody has been told.

What a channel has taken counts as told where it can say no more of it (e-mail, a text without
receipts); where the channel confirms (Digital Post, paper, a gateway with receipts), not before it
has. What comes back later, or fails, has told nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from catalogue.database import Transaction, key_parameters, many_of
from circulation.notices.kinds import NoticeState
from circulation.notices.schema import notice_messages, notices

_asked, _same = notices.alias("asked"), notices.alias("same")
#: The messages of a notice, and of those that told others the same: guardians.
_messages: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        select(
            _asked.c.id,
            notice_messages.c.state,
            notice_messages.c.confirms,
            notice_messages.c.sent,
            notice_messages.c.changed,
        )
        .select_from(
            _asked.join(
                _same,
                (_same.c.patron_id == _asked.c.patron_id)
                & (_same.c.kind == _asked.c.kind)
                & (_same.c.cause == _asked.c.cause),
            ).join(notice_messages, notice_messages.c.id == _same.c.message_id)
        )
        .where(_asked.c.id.in_(key_parameters(size)))
    ),
    None,
)
_HAS_IT = (NoticeState.DELIVERED.value, NoticeState.READ.value)


def reached_at(transaction: Transaction, notice_ids: Sequence[int]) -> dict[int, datetime]:
    """When each of the notices reached the person or a guardian; what has reached nobody, or not
    yet, is left out."""
    found: dict[int, datetime] = {}
    for notice_id, state, confirms, sent, changed in _messages(transaction, list(notice_ids)):
        at = None
        if state in _HAS_IT:
            at = changed if confirms else sent or changed
        elif state == NoticeState.SENT.value and not confirms:
            at = sent or changed
        if at is not None:
            found[notice_id] = min(at, found.get(notice_id, at))
    return found
