"""Which members of the staff have looked at a patron, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, change, many, send
from circulation.patrons.schema import access_log

_LOGGED = ("at", "actor", "device", "branch_id", "patron_id", "purpose")
_log = send(
    insert(access_log).values(
        {
            access_log.c[name]: bindparam(f"new_{name}", type_=access_log.c[name].type)
            for name in _LOGGED
        }
    ),
    *(f"new_{name}" for name in _LOGGED),
)


@dataclass(frozen=True, slots=True)
class Access:
    """A member of the staff looked at a patron."""

    at: datetime
    actor: str
    device: str
    branch_id: int | None
    purpose: str


_accesses = many(
    select(
        access_log.c.at,
        access_log.c.actor,
        access_log.c.device,
        access_log.c.branch_id,
        access_log.c.purpose,
    )
    .where(access_log.c.patron_id == bindparam("patron_id"))
    .order_by(access_log.c.id),
    Access,
    "patron_id",
)
_forget_accesses = change(delete(access_log).where(access_log.c.at < bindparam("before")), "before")


def log_access(
    transaction: Transaction,
    patron_id: int,
    purpose: str,
    *,
    actor: str,
    now: datetime,
    device: str = "",
    branch_id: int | None = None,
) -> None:
    """Notes that a member of the staff looked at the patron, and why."""
    _log(transaction, now, actor, device, branch_id, patron_id, purpose)


def accesses_of(transaction: Transaction, patron_id: int) -> list[Access]:
    """Who has looked at the patron, the oldest first."""
    return _accesses(transaction, patron_id)


def forget_accesses(transaction: Transaction, before: datetime) -> int:
    """Deletes what was logged before that moment; gives how many lines."""
    return _forget_accesses(transaction, before)
