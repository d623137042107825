"""What is still to be sent, counted for those who watch over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, text

from catalogue.database import Transaction, many, scalar
from circulation.notices.kinds import NoticeState
from circulation.notices.schema import notice_messages, notices

_OPEN: Final = (NoticeState.WAITING, NoticeState.SENDING, NoticeState.UNSURE)


# The conditions are those of partial indexes, which hold few rows however many were sent.
_due_notices = scalar(
    select(func.count())
    .select_from(notices)
    .where(text("state = 'waiting'"), notices.c.due <= bindparam("now")),
    "now",
)
_open_messages: Callable[..., list[tuple[str, int]]] = many(
    select(notice_messages.c.state, func.count())
    .where(text("state IN ('waiting', 'sending', 'unsure')"))
    .group_by(notice_messages.c.state),
    None,
)


def due_notices(transaction: Transaction, now: datetime) -> int:
    """Notices whose time has come and that have not become messages yet."""
    return int(_due_notices(transaction, now))


def open_messages(transaction: Transaction) -> dict[str, int]:
    """How many messages are not known to have been sent yet, by their state."""
    found = {state.value: 0 for state in _OPEN}
    found.update(_open_messages(transaction))
    return found
