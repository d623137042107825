"""The steps of loans that are due soon, or overdue: told, and in the end billed.

One page of loans is looked at in one transaction. Which of them has a step to be done is read from
their rows and acts in two statements; these alone are locked and read again, because somebody may
just have returned one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import or_, select

from catalogue.database import Statement, many, scalars_of
from catalogue.schema import items
from circulation.dunning.acts import Subject, leave_to_another, pass_over, write_act
from circulation.dunning.bills import bill_loans
from circulation.dunning.fees import charge_step, step_costs
from circulation.dunning.flow_rows import DUNNING
from circulation.dunning.loan_facts import (
    IS_OVER,
    Decision,
    LoanRow,
    decisions,
    loan_outlook,
    loans_by_id,
    select_loans,
    step_facts,
)
from circulation.dunning.runs import Run, Told
from circulation.dunning.steps import Does
from circulation.dunning.warnings import warning_with
from circulation.kernel import jobs
from circulation.kernel.results import LoanMark
from circulation.loans.schema import loans
from circulation.notices.causes import Cause
from circulation.notices.requests import NoticeRequest

#: Loans looked at in one transaction.
BATCH = 500
#: A date on the wall is at most a day off the same date in UTC.
_MARGIN = timedelta(days=2)
#: The first 64 bits of a place to go on at are the loan, the others the due date.
_PLACE = 64


@many(LoanRow)
def _page(*, until: datetime, since: datetime, after: int, at_most: int) -> Statement:
    return (
        select_loans(
            loans.c.due <= until,
            loans.c.due >= since,
            or_(loans.c.due > since, loans.c.id > after),
            ~IS_OVER,
        )
        .order_by(loans.c.due, loans.c.id)
        .limit(at_most)
    )


@many(LoanRow)
def _lost(*, until: datetime) -> Statement:
    """What was declared lost before it fell due: its bill is to be told all the same."""
    return select_loans(
        loans.c.mark == LoanMark.LOST.value,
        loans.c.billed.is_not(None),
        loans.c.due > until,
        ~IS_OVER,
    ).order_by(loans.c.branch_id, loans.c.marked, loans.c.id)  # as in their index


@scalars_of(int)
def _lock_items(*, item_ids: Sequence[int]) -> Statement:
    its = select(items.c.id).where(items.c.id.in_(item_ids)).order_by(items.c.id)
    return its.with_for_update(key_share=True)


_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


def _goes_on(rows: Sequence[LoanRow]) -> int | None:
    if len(rows) < BATCH:
        return None
    last = rows[-1]
    return (int((last.due - _BEGINNING) / timedelta(microseconds=1)) << _PLACE) | last.id


def run_loans(doing: jobs.Doing) -> jobs.Step:
    """Does what is due for a page of loans, each step once; gives what was done, and for whom."""
    run, after = Run.of(doing), doing.after
    flows = DUNNING.of(run.set_up)
    if not flows.flows:
        return run.step
    until = datetime.combine(run.day, time(), UTC) + timedelta(flows.lead) + _MARGIN
    since = _BEGINNING + timedelta(microseconds=after >> _PLACE)
    last_id = after & ((1 << _PLACE) - 1)
    page = _page(run.transaction, until=until, since=since, after=last_id, at_most=BATCH)
    run.goes_on = _goes_on(page)
    if not after:
        page = [*page, *_lost(run.transaction, until=until)]
    wanted = decisions(run, page)
    if wanted:
        _lock_items(run.transaction, item_ids=sorted(each.row.item_id for each in wanted))
        fresh = loans_by_id(run.transaction, loan_ids=[each.row.id for each in wanted])
        wanted = decisions(run, list(dict.fromkeys(fresh)))
    bills: list[Decision] = []
    for decision in wanted:
        row = decision.row
        subject = Subject(row.patron_id, row.id, row.round)
        if run.is_elsewhere(row.branch_id):
            leave_to_another(run, subject, decision.passed, decision.step)
            continue
        pass_over(run, subject, decision.passed, "a later step was due")
        run.count("steps passed over", len(decision.passed))
        if decision.step is None:
            continue
        if decision.step.step.does is Does.BILL:
            bills.append(decision)
        else:
            _tell(run, decision)
    bill_loans(run, bills)
    return run.step


def _tell(run: Run, decision: Decision) -> None:
    assert decision.step is not None
    row, step, set_up = decision.row, decision.step.step, run.set_up
    facts = step_facts(set_up, decision) | loan_outlook(set_up, decision, run.day)
    fee = charge_step(run, step, row)
    warning = warning_with(run, step, row.patron_id, set_up.branches[row.branch_id].agency_id)
    notice = run.request(
        NoticeRequest(
            patron_id=row.patron_id,
            kind=step.kind,
            cause=Cause(loans=(row.id,), key=f"{step.code} {row.round}"),
            facts=facts | step_costs(fee) | warning.facts,
            branch_id=row.branch_id,
        )
    )
    warning.note(notice)
    subject = Subject(row.patron_id, row.id, row.round)
    write_act(run, subject, step, facts | {"notice": notice})
    run.count(f"steps {step.code}")
    why = f"due {facts['due_date']}, {step.code} on {facts['planned']}"
    run.told.append(Told(step.code, step.does.value, row.patron_id, row.barcode, why))
