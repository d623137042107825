"""Warnings of debts as rows: who was told in writing that a debt will exclude them, and when that
reached them. What follows is decided in `circulation.fees.debts`."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.fees.schema import debt_warnings
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event


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


class _Warning(NamedTuple):
    agency_id: int
    blocked: datetime | None
    was_told: bool


@many(_Warning)
def warnings_of(*, patron_id: int) -> Statement:
    return select(*columns(_Warning, debt_warnings, was_told=WAS_TOLD)).where(
        debt_warnings.c.patron_id == patron_id
    )


def _of_both(patron_id: int, agency_id: int) -> tuple[ColumnElement[bool], ...]:
    return debt_warnings.c.patron_id == patron_id, debt_warnings.c.agency_id == agency_id


@send
def forget_warning(*, patron_id: int, agency_id: int) -> Statement:
    return delete(debt_warnings).where(*_of_both(patron_id, agency_id))


@send
def _note_warning(
    *,
    patron_id: int,
    agency_id: int,
    warned: datetime,
    amount: int,
    currency: str,
    notice_id: int | None,
    reached: datetime | None,
) -> Statement:
    return insert(debt_warnings).values(locals())


@send
def set_reached(*, patron_id: int, agency_id: int, reached: datetime | None) -> Statement:
    return update(debt_warnings).where(*_of_both(patron_id, agency_id)).values(reached=reached)


@send
def set_blocked(*, patron_id: int, agency_id: int, blocked: datetime | None) -> Statement:
    return update(debt_warnings).where(*_of_both(patron_id, agency_id)).values(blocked=blocked)


def _note(
    transaction: Transaction,
    debt: Debt,
    now: datetime,
    notice_id: int | None,
    reached: datetime | None,
) -> None:
    _note_warning(
        transaction,
        patron_id=debt.patron_id,
        agency_id=debt.agency_id,
        warned=now,
        amount=debt.amount,
        currency=debt.currency,
        notice_id=notice_id,
        reached=reached,
    )


def told_by(transaction: Transaction, patron_id: int) -> set[int]:
    """The agencies that have warned the patron."""
    return {row.agency_id for row in warnings_of(transaction, patron_id=patron_id) if row.was_told}


def note_unwarned(transaction: Transaction, debt: Debt, *, now: datetime) -> None:
    """Nobody could be told of the debt: no rule sends such a message. Staff find it in a list."""
    known = {row.agency_id for row in warnings_of(transaction, patron_id=debt.patron_id)}
    if debt.agency_id not in known:
        _note(transaction, debt, now, None, None)


def note_warning(act: Act, debt: Debt, *, notice_id: int | None = None) -> None:
    """The patron is told in writing that the debt will exclude them, by the message `notice_id`:
    the days begin to run when that has reached somebody. Without one they were told by hand, now.

    A warning that holds already stays as it was.
    """
    transaction, now = act.transaction, act.now
    if debt.agency_id in told_by(transaction, debt.patron_id):
        return
    forget_warning(transaction, patron_id=debt.patron_id, agency_id=debt.agency_id)
    reached = now if notice_id is None else None
    _note(transaction, debt, now, notice_id, reached)
    append_event(
        act,
        NewEvent(
            EventKind.DEBT_WARNED,
            patron_id=debt.patron_id,
            after={
                "agency": debt.agency_id,
                "amount": debt.amount,
                "currency": debt.currency,
                "block_days": debt.block_days,
            },
        ),
    )
