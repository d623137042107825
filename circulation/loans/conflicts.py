"""Loans accepted off line (no block) that the rules would have refused: for staff to settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from catalogue.database import Transaction, change, one, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk, Refusal
from circulation.loans.schema import loan_conflicts

_NOTED = ("loan_id", "item_id", "patron_id", "branch_id", "noted", "reasons")
_insert_conflict = send(
    insert(loan_conflicts).values(
        {
            loan_conflicts.c[name]: bindparam(f"new_{name}", type_=loan_conflicts.c[name].type)
            for name in _NOTED
        }
    ),
    *(f"new_{name}" for name in _NOTED),
)
#: A report without a loan names nobody any more once it is settled: there is no history to keep.
_forget_names = send(
    update(loan_conflicts)
    .where(loan_conflicts.c.id == bindparam("conflict_id"), loan_conflicts.c.loan_id.is_(None))
    .values(patron_id=None, patron_identifier=None),
    "conflict_id",
)
_settle = change(
    update(loan_conflicts)
    .where(loan_conflicts.c.id == bindparam("conflict_id"), loan_conflicts.c.settled.is_(None))
    .values(settled=bindparam("new_settled")),
    "conflict_id",
    "new_settled",
)
_conflict: Callable[..., Any] = one(
    select(
        loan_conflicts.c.loan_id,
        loan_conflicts.c.item_id,
        loan_conflicts.c.patron_id,
        loan_conflicts.c.reasons,
    ).where(loan_conflicts.c.id == bindparam("conflict_id")),
    None,
    "conflict_id",
)
#: The loan never was, so there is nothing to settle.
forget_conflicts = send(
    delete(loan_conflicts).where(loan_conflicts.c.loan_id == bindparam("of_loan")), "of_loan"
)


def note_conflict(
    act: Act, *, loan_id: int, item_id: int, patron_id: int, overridden: Sequence[Refusal]
) -> None:
    """Puts the loan on the work list with what was overridden."""
    reasons = ",".join(refusal.reason.name for refusal in overridden)
    branch_id = act.desk.branch_id
    _insert_conflict(act.transaction, loan_id, item_id, patron_id, branch_id, act.now, reasons)


def settle_conflict(
    transaction: Transaction, conflict_id: int, *, desk: Desk | None, now: datetime
) -> bool:
    """Takes it off the work list: staff have dealt with it. False where it is not on it."""
    if not _settle(transaction, conflict_id, now):
        return False
    found = _conflict(transaction, conflict_id)
    assert found is not None
    loan_id, item_id, patron_id, reasons = found
    write_event(
        transaction,
        EventKind.CONFLICT_SETTLED,
        desk,
        now,
        item_id=item_id,
        patron_id=patron_id,
        loan_id=loan_id,
        before={"overridden": reasons.split(",")},
    )
    _forget_names(transaction, conflict_id)
    return True
