"""Loans accepted off line (no block) that the rules would have refused: for staff to settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, change, columns, one, scalar, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import Refusal
from circulation.loans.features import LoanCase
from circulation.loans.schema import loan_conflicts


@send
def _insert_conflict(
    *,
    loan_id: int | None,
    item_id: int | None,
    patron_id: int | None,
    branch_id: int,
    noted: datetime,
    reasons: str,
) -> Statement:
    return insert(loan_conflicts).values(locals())


#: A report without a loan names nobody any more once it is settled: there is no history to keep.
@send
def _forget_names(*, conflict_id: int) -> Statement:
    return (
        update(loan_conflicts)
        .where(loan_conflicts.c.id == conflict_id, loan_conflicts.c.loan_id.is_(None))
        .values(patron_id=None, patron_identifier=None)
    )


@change
def _settle(*, conflict_id: int, settled: datetime | None) -> Statement:
    return (
        update(loan_conflicts)
        .where(loan_conflicts.c.id == conflict_id, loan_conflicts.c.settled.is_(None))
        .values(settled=settled)
    )


class _Conflict(NamedTuple):
    loan_id: int | None
    item_id: int | None
    patron_id: int | None
    reasons: str


@one(_Conflict)
def _conflict(*, conflict_id: int) -> Statement:
    return select(*columns(_Conflict, loan_conflicts)).where(loan_conflicts.c.id == conflict_id)


@scalar(int)
def branch_of_conflict(*, conflict_id: int) -> Statement:
    """The branch on whose work list it is, or was; None where there is no such conflict."""
    return select(loan_conflicts.c.branch_id).where(loan_conflicts.c.id == conflict_id)


@scalar(int)
def patron_of_conflict(*, conflict_id: int) -> Statement:
    return select(loan_conflicts.c.patron_id).where(loan_conflicts.c.id == conflict_id)


#: The loan never was, so there is nothing to settle.
@send
def forget_conflicts(*, loan_id: int) -> Statement:
    return delete(loan_conflicts).where(loan_conflicts.c.loan_id == loan_id)


def note_conflict(case: LoanCase, loan_id: int, overridden: Sequence[Refusal]) -> None:
    """Puts the loan on the work list, where it was reported off line and rules were overridden:
    ours, not those of a system that is followed."""
    if not (overridden and case.wish.no_block) or case.act.desk.follows:
        return
    _insert_conflict(
        case.act.transaction,
        loan_id=loan_id,
        item_id=case.item.id,
        patron_id=case.borrower.id,
        branch_id=case.act.desk.branch_id,
        noted=case.act.now,
        reasons=",".join(refusal.reason.name for refusal in overridden),
    )


def settle_conflict(act: Act, conflict_id: int) -> bool:
    """Takes it off the work list: staff have dealt with it. False where it is not on it."""
    transaction, now = act.transaction, act.now
    if not _settle(transaction, conflict_id=conflict_id, settled=now):
        return False
    found = _conflict(transaction, conflict_id=conflict_id)
    assert found is not None
    append_event(
        act,
        NewEvent(
            EventKind.CONFLICT_SETTLED,
            item_id=found.item_id,
            patron_id=found.patron_id,
            loan_id=found.loan_id,
            before={"overridden": found.reasons.split(",")},
        ),
    )
    _forget_names(transaction, conflict_id=conflict_id)
    return True
