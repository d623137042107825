"""Loans accepted off line (no block) that the rules would have refused: for staff to settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import case, delete, insert, literal_column, select, update

from catalogue.database import Statement, change, columns, many, one, scalar, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.loans.features import LoanCase
from circulation.loans.late import PastLoan
from circulation.loans.off_line import ActState, Reported
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
    happened: datetime,
    act: str,
    source: str,
) -> Statement:
    return insert(loan_conflicts).values(state=ActState.CONFLICT.value, **locals())


@change
def _settle(*, conflict_id: int, settled: datetime | None, remark: str | None) -> Statement:
    return (
        update(loan_conflicts)
        .where(loan_conflicts.c.id == conflict_id, loan_conflicts.c.settled.is_(None))
        .values(settled=settled, remark=remark, state=ActState.SETTLED.value)
    )


#: How long a settling can be undone. After that the act names no patron, so it cannot be done.
UNDONE_WITHIN: Final = timedelta(days=1)


@change
def _reopen(*, conflict_id: int, since: datetime) -> Statement:
    """Put an act that was settled since then on the list again: a conflict where it has a loan."""
    its = loan_conflicts.c
    state = case(
        (its.loan_id.is_(None), literal_column(f"'{ActState.OPEN.value}'")),
        else_=literal_column(f"'{ActState.CONFLICT.value}'"),
    )
    return (
        update(loan_conflicts)
        .where(its.id == conflict_id, its.state == ActState.SETTLED.value, its.settled >= since)
        .values(settled=None, remark=None, state=state)
    )


@change
def forget_settled(*, before: datetime) -> Statement:
    """Remove the patron from acts that were settled before a moment: a loan says whose it is."""
    its = loan_conflicts.c
    return (
        update(loan_conflicts)
        .where(
            its.settled < before,
            its.patron_id.is_not(None) | its.patron_identifier.is_not(None),
        )
        .values(patron_id=None, patron_identifier=None)
    )


@change
def delete_settled(*, before: datetime) -> Statement:
    """Delete acts that were done or settled before a moment."""
    return delete(loan_conflicts).where(loan_conflicts.c.settled < before)


class _OfLoan(NamedTuple):
    id: int
    reasons: str
    happened: datetime | None
    settled: datetime | None


@many(_OfLoan)
def _conflicts_of_loan(*, loan_id: int) -> Statement:
    its = loan_conflicts.c
    return select(*columns(_OfLoan, loan_conflicts)).where(its.loan_id == loan_id).order_by(its.id)


@send
def _set_reasons(*, conflict_id: int, reasons: str) -> Statement:
    its = loan_conflicts.c
    return update(loan_conflicts).where(its.id == conflict_id).values(reasons=reasons)


@send
def _delete_conflict(*, conflict_id: int) -> Statement:
    return delete(loan_conflicts).where(loan_conflicts.c.id == conflict_id)


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


def note_conflict(lent: LoanCase, loan_id: int, overridden: Sequence[Refusal]) -> None:
    """Puts the loan on the work list, where it was reported off line and rules were overridden:
    ours, not those of a system that is followed."""
    if not (overridden and lent.wish.no_block) or lent.act.desk.follows:
        return
    reasons = ",".join(refusal.reason.name for refusal in overridden)
    is_renewal = lent.loan is not None and lent.loan.id == loan_id
    known = _conflicts_of_loan(lent.act.transaction, loan_id=loan_id)
    if any((each.reasons, each.happened) == (reasons, lent.at) for each in known):
        return
    _insert_conflict(
        lent.act.transaction,
        loan_id=loan_id,
        item_id=lent.item.id,
        patron_id=lent.borrower.id,
        branch_id=lent.act.desk.branch_id,
        noted=lent.act.now,
        reasons=reasons,
        happened=lent.at,
        act=(Reported.RENEWAL if is_renewal else Reported.CHECK_OUT).value,
        source=lent.wish.reporting.source,
    )


#: Why a loan that was reported off line follows another without a return between them.
_OF_FORMER_LOAN = (Reason.ON_LOAN_TO_ANOTHER, Reason.ALREADY_ON_LOAN_TO_PATRON)


def reason_of_former_loan(former: PastLoan, patron_id: int) -> Reason:
    """Return why an item that is on loan is not lent to the patron."""
    is_own = former.patron_id == patron_id
    return Reason.ALREADY_ON_LOAN_TO_PATRON if is_own else Reason.ON_LOAN_TO_ANOTHER


def note_former_loan(act: Act, loan: PastLoan, item_id: int, former: PastLoan | None) -> None:
    """Note on the work list that a loan follows another without a return, or that it does not.

    What staff have settled stays settled. A loan that names no patron is left alone.
    """
    if loan.patron_id is None or act.desk.follows:
        return
    found = _conflicts_of_loan(act.transaction, loan_id=loan.id)
    names = {each.name for each in _OF_FORMER_LOAN}
    wanted = [] if former is None else [reason_of_former_loan(former, loan.patron_id).name]
    if any(names.intersection(each.reasons.split(",")) for each in found if each.settled):
        return
    for each in found:
        if each.settled:
            continue
        kept = [name for name in each.reasons.split(",") if name not in names]
        reasons, wanted = ",".join([*kept, *wanted]), []
        if not reasons:
            _delete_conflict(act.transaction, conflict_id=each.id)
        elif reasons != each.reasons:
            _set_reasons(act.transaction, conflict_id=each.id, reasons=reasons)
    if wanted:
        _insert_conflict(
            act.transaction,
            loan_id=loan.id,
            item_id=item_id,
            patron_id=loan.patron_id,
            branch_id=loan.branch_id,
            noted=act.now,
            reasons=wanted[0],
            happened=loan.checked_out,
            act=Reported.CHECK_OUT.value,
            source="",
        )


def settle_conflict(act: Act, conflict_id: int, remark: str | None = None) -> bool:
    """Take an act off the list, with the reason. False where it is not on it."""
    transaction, now = act.transaction, act.now
    if not _settle(transaction, conflict_id=conflict_id, settled=now, remark=remark):
        return False
    _note_settling(act, conflict_id, None)  # the reason may name a patron: it stays in the row
    return True


def reopen_conflict(act: Act, conflict_id: int) -> bool:
    """Undo the settling of an act. False where it is not settled, or was so long ago."""
    since = act.now - UNDONE_WITHIN
    if not _reopen(act.transaction, conflict_id=conflict_id, since=since):
        return False
    _note_settling(act, conflict_id, {"reopened": True})
    return True


def _note_settling(act: Act, conflict_id: int, after: dict[str, Any] | None) -> None:
    found = _conflict(act.transaction, conflict_id=conflict_id)
    assert found is not None
    append_event(
        act,
        NewEvent(
            EventKind.CONFLICT_SETTLED,
            item_id=found.item_id,
            patron_id=found.patron_id,
            loan_id=found.loan_id,
            before={"overridden": found.reasons.split(",")},
            after=after,
        ),
    )
