"""Which members of the staff have looked at a patron, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, change, columns, many, send
from circulation.patrons.schema import access_log


@send
def _log(*, at: datetime, actor: str, device: str, patron_id: int, purpose: str) -> Statement:
    return insert(access_log).values(locals())


@dataclass(frozen=True, slots=True)
class Access:
    """A member of the staff looked at a patron."""

    at: datetime
    actor: str
    device: str
    branch_id: int | None
    purpose: str


@many(Access)
def accesses_of(*, patron_id: int) -> Statement:
    """Who has looked at the patron, the oldest first."""
    return (
        select(*columns(Access, access_log))
        .where(access_log.c.patron_id == patron_id)
        .order_by(access_log.c.id)
    )


@change
def forget_accesses(*, before: datetime) -> Statement:
    """Deletes what was logged before that moment; gives how many lines."""
    return delete(access_log).where(access_log.c.at < before)


def log_access(
    transaction: Transaction,
    patron_id: int,
    purpose: str,
    *,
    actor: str,
    now: datetime,
    device: str = "",
) -> None:
    """Notes that a member of the staff looked at the patron, and why."""
    _log(transaction, at=now, actor=actor, device=device, patron_id=patron_id, purpose=purpose)
