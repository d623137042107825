"""What the owner of something borrowed says: a renewal is granted or not, it wants it back.

Until then the due date that the patron was given at a renewal is a promise only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update

from catalogue.database import Statement, Transaction, change
from circulation.calendars.due_dates import due_at, whole_day
from circulation.interlending.rows import InterlibraryLoan, advance
from circulation.interlending.states import BorrowingAction, Obstacle
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.schema import loans

#: How long the patron keeps what the owner does not renew, or wants back on no day it names.
DAYS_AFTER_REFUSAL = 7
#: The reason in the event of a loan that falls due as before.
NOT_RENEWED = "the owner did not renew it"


@change
def _set_due(*, loan_id: int, due: datetime, recalled: datetime | None) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == loan_id, loans.c.checked_in.is_(None))
        .values(due=due, recalled=recalled)
    )


def grant_renewal(
    act: Act, loan: InterlibraryLoan, *, due: datetime | None
) -> InterlibraryLoan | Obstacle:
    """The owner lends it longer: until `due`, or as long as the patron was promised."""
    transaction = act.transaction
    due = _whole_day(act, loan, due)
    changes: dict[str, Any] = {"due_before": None}
    if due is not None:
        changes["due"] = due
    elif loan.due is not None:
        changes["due"] = _promised(transaction, loan) or loan.due
    new = advance(act, loan, BorrowingAction.GRANT_RENEWAL, **changes)
    if isinstance(new, InterlibraryLoan) and due is not None:
        _redate(act, loan, due, "the owner renewed it")
    return new


def refuse_renewal(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    """The owner does not: it is due when it was before, but not sooner than in some days."""
    transaction = act.transaction
    new = advance(act, loan, BorrowingAction.REFUSE_RENEWAL, due_before=None)
    promised = _promised(transaction, loan)
    if isinstance(new, InterlibraryLoan) and promised is not None:
        soonest = _in_some_days(act, loan)
        due = min(promised, max(loan.due_before or soonest, soonest))
        _redate(act, loan, due, NOT_RENEWED)
    return new


def recalled_by_owner(
    act: Act, loan: InterlibraryLoan, *, due: datetime | None
) -> InterlibraryLoan | Obstacle:
    """The owner wants it back, by `due` or in some days; the patron's loan ends no later."""
    transaction = act.transaction
    due = _whole_day(act, loan, due)
    wanted = due or _in_some_days(act, loan)
    new = advance(act, loan, BorrowingAction.RECALL, due=wanted, due_before=None)
    promised = _promised(transaction, loan)
    if isinstance(new, InterlibraryLoan) and promised is not None and wanted < promised:
        _redate(act, loan, wanted, "the owner recalled it", is_recall=True)
    return new


def _promised(transaction: Transaction, loan: InterlibraryLoan) -> datetime | None:
    """When the patron's loan is due; None where they do not have it."""
    facts = item_facts(transaction, barcode=loan.barcode)
    on_loan = None if facts is None or facts.id != loan.item_id else OPEN_LOAN.of(facts)
    return None if on_loan is None else on_loan.due


def _whole_day(act: Act, loan: InterlibraryLoan, due: datetime | None) -> datetime | None:
    """The owner's due date, midnight being the end of the day that begins with it."""
    transaction, circulation = act.transaction, act.circulation
    branch = circulation.current_set_up(transaction).branches[loan.branch_id]
    return due and whole_day(due, branch.timezone)


def _in_some_days(act: Act, loan: InterlibraryLoan) -> datetime:
    transaction, circulation, _, now = act
    branch = circulation.current_set_up(transaction).branches[loan.branch_id]
    return due_at(now, DAYS_AFTER_REFUSAL, branch.timezone)


def _redate(
    act: Act, loan: InterlibraryLoan, due: datetime, why: str, *, is_recall: bool = False
) -> None:
    """Moves the due date of the patron's loan, and says why in an event."""
    transaction, now = act.transaction, act.now
    lock_item(transaction, barcode=loan.barcode)
    facts = item_facts(transaction, barcode=loan.barcode)
    on_loan = None if facts is None else OPEN_LOAN.of(facts)
    if on_loan is None or on_loan.due == due:
        return
    _set_due(transaction, loan_id=on_loan.id, due=due, recalled=now if is_recall else None)
    append_event(
        act,
        NewEvent(
            EventKind.LOAN_RECALLED if is_recall else EventKind.LOAN_REDATED,
            item_id=loan.item_id,
            patron_id=on_loan.patron_id,
            loan_id=on_loan.id,
            before={"due": on_loan.due.isoformat()},
            after={"due": due.isoformat(), "reason": why},
        ),
    )
