"""Warnings of debts as rows: who was told in writing that a debt will exclude them, and when that
reached them. What follows is decided in `circulation.fees.debts`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, or_, select, update

from catalogue.database import Transaction, many, send
from circulation.fees.schema import debt_warnings
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk


class Debt(NamedTuple):
    """What a patron owes to an agency that counts towards a block: it is at the threshold."""

    patron_id: int
    agency_id: int
    amount: int
    currency: str
    threshold: int
    block_days: int
    with_compensation: bool


#: Somebody was written to; else only that nobody could be was noted.
WAS_TOLD = or_(debt_warnings.c.notice_id.is_not(None), debt_warnings.c.reached.is_not(None))
warnings_of: Callable[..., list[Any]] = many(
    select(debt_warnings.c.agency_id, debt_warnings.c.blocked, WAS_TOLD).where(
        debt_warnings.c.patron_id == bindparam("of_patron")
    ),
    None,
    "of_patron",
)
forget_warning = send(
    delete(debt_warnings).where(
        debt_warnings.c.patron_id == bindparam("of_patron"),
        debt_warnings.c.agency_id == bindparam("of_agency"),
    ),
    "of_patron",
    "of_agency",
)
_NOTED = ("patron_id", "agency_id", "warned", "amount", "currency", "notice_id", "reached")
_note_warning = send(
    insert(debt_warnings).values(
        {
            debt_warnings.c[name]: bindparam(f"new_{name}", type_=debt_warnings.c[name].type)
            for name in _NOTED
        }
    ),
    *(f"new_{name}" for name in _NOTED),
)
_OF_BOTH = (
    debt_warnings.c.patron_id == bindparam("of_patron"),
    debt_warnings.c.agency_id == bindparam("of_agency"),
)
set_reached = send(
    update(debt_warnings)
    .where(*_OF_BOTH)
    .values(reached=bindparam("new_reached", type_=debt_warnings.c.reached.type)),
    "of_patron",
    "of_agency",
    "new_reached",
)
set_blocked = send(
    update(debt_warnings)
    .where(*_OF_BOTH)
    .values(blocked=bindparam("new_blocked", type_=debt_warnings.c.blocked.type)),
    "of_patron",
    "of_agency",
    "new_blocked",
)


def told_by(transaction: Transaction, patron_id: int) -> set[int]:
    """The agencies that have warned the patron."""
    return {agency_id for agency_id, _, was_told in warnings_of(transaction, patron_id) if was_told}


def note_unwarned(transaction: Transaction, debt: Debt, *, now: datetime) -> None:
    """Nobody could be told of the debt: no rule sends such a message. Staff find it in a list."""
    known = {row[0] for row in warnings_of(transaction, debt.patron_id)}
    if debt.agency_id not in known:
        _note_warning(transaction, *debt[:2], now, debt.amount, debt.currency, None, None)


def note_warning(
    transaction: Transaction,
    debt: Debt,
    *,
    now: datetime,
    notice_id: int | None = None,
    desk: Desk | None = None,
) -> None:
    """The patron is told in writing that the debt will exclude them, by the message `notice_id`:
    the days begin to run when that has reached somebody. Without one they were told by hand, now.

    A warning that holds already stays as it was.
    """
    if debt.agency_id in told_by(transaction, debt.patron_id):
        return
    forget_warning(transaction, debt.patron_id, debt.agency_id)
    reached = now if notice_id is None else None
    _note_warning(transaction, *debt[:2], now, debt.amount, debt.currency, notice_id, reached)
    write_event(
        transaction,
        EventKind.DEBT_WARNED,
        desk,
        now,
        patron_id=debt.patron_id,
        after={
            "agency": debt.agency_id,
            "amount": debt.amount,
            "currency": debt.currency,
            "block_days": debt.block_days,
        },
    )
