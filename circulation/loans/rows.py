"""Loans as rows: beginning, ending and prolonging one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from catalogue.database import Statement, change, scalar, send
from catalogue.schema import branches
from circulation.kernel.events import EventKind
from circulation.kernel.schema import events
from circulation.loans.schema import loans


@send
def begin_loan(
    *,
    loan_id: int,
    item_id: int,
    patron_id: int | None,
    branch_id: int,
    material_group: str,
    checked_out: datetime,
    due: datetime,
    checked_in: datetime | None,
    checked_in_branch_id: int | None,
) -> Statement:
    """The last two are None for an open loan."""
    given = locals()
    return insert(loans).values(id=given.pop("loan_id"), renewals=0, **given)


#: Each of these touches one row, or none where the loan has ended meanwhile.
@change
def end_loan(
    *, loan_id: int, checked_in: datetime | None, checked_in_branch_id: int | None
) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == loan_id, loans.c.checked_in.is_(None))
        .values(checked_in=checked_in, checked_in_branch_id=checked_in_branch_id)
    )


@scalar(datetime)
def due_of_last_ended(*, item_id: int) -> Statement:
    """When the loan of the item that was ended last was due."""
    return (
        select(loans.c.due)
        .select_from(events.join(loans, loans.c.id == events.c.loan_id))
        .where(events.c.item_id == item_id, events.c.kind == EventKind.CHECKED_IN.value)
        .order_by(events.c.id.desc())
        .limit(1)
    )


@scalar(str)
def lending_branch(*, loan_id: int) -> Statement:
    """Return the ISIL of the branch that has lent it."""
    at = loans.join(branches, branches.c.id == loans.c.branch_id)
    return select(branches.c.isil).select_from(at).where(loans.c.id == loan_id)


@change
def prolong_loan(*, loan_id: int, due: datetime, renewals: int) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == loan_id, loans.c.checked_in.is_(None))
        .values(due=due, renewals=renewals, recalled=None)
    )


class LoanChangedMeanwhile(RuntimeError):
    """A loan that was open when its item was locked is not any more: a lock was left out."""


def must_touch_one(count: int) -> None:
    """Undoes the work by raising an error where ending or prolonging a loan touched no row."""
    if count != 1:
        raise LoanChangedMeanwhile(f"{count} open loans were changed instead of one")
