"""What is still to be sent, counted for those who watch over it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, many, scalar_one
from circulation.notices.kinds import NoticeState
from circulation.notices.schema import (
    IS_OPEN_MESSAGE,
    IS_WAITING_NOTICE,
    notice_messages,
    notices,
)

_OPEN: Final = (NoticeState.WAITING, NoticeState.SENDING, NoticeState.UNSURE)


@scalar_one(int)
def due_notices(*, now: datetime) -> Statement:
    """Notices whose time has come and that have not become messages yet."""
    is_due = IS_WAITING_NOTICE, notices.c.due <= now
    return select(func.count()).select_from(notices).where(*is_due)


@many(tuple[str, int])
def _open_messages() -> Statement:
    return (
        select(notice_messages.c.state, func.count())
        .where(IS_OPEN_MESSAGE)
        .group_by(notice_messages.c.state)
    )


def open_messages(transaction: Transaction) -> dict[str, int]:
    """How many messages are not known to have been sent yet, by their state."""
    return {state.value: 0 for state in _OPEN} | dict(_open_messages(transaction))
