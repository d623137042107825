"""The steps of loans that are due soon, or overdue: told, and in the end billed.

One page of loans is looked at in one transaction. Which of them has a step to be done is read from
their rows and acts in two statements; these alone are locked and read again, because somebody may
just have returned one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select

from catalogue.database import Moment, Transaction, key_parameters, many, many_of
from catalogue.schema import items
from circulation.dunning.acts import Run, Subject, Told, pass_over, write_act
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
from circulation.dunning.steps import Does
from circulation.dunning.warnings import warning_with
from circulation.kernel.engine import Circulation
from circulation.kernel.results import LoanMark
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans
from circulation.notices.causes import Cause
from circulation.notices.requests import NoticeRequest, request_notice

#: Loans looked at in one transaction.
BATCH = 500
#: A date on the wall is at most a day off the same date in UTC.
_MARGIN = timedelta(days=2)
#: The first 64 bits of a place to go on at are the loan, the others the due date.
_PLACE = 64


_page = many(
    select_loans(
        loans.c.due <= bindparam("until", type_=Moment),
        loans.c.due >= bindparam("since", type_=Moment),
        or_(
            loans.c.due > bindparam("since", type_=Moment),
            loans.c.id > bindparam("after"),
        ),
        ~IS_OVER,
    )
    .order_by(loans.c.due, loans.c.id)
    .limit(bindparam("at_most")),
    LoanRow,
    "until",
    "since",
    "after",
    "at_most",
)
#: What was declared lost before it fell due: its bill is to be told all the same.
_lost = many(
    select_loans(
        loans.c.mark == LoanMark.LOST.value,
        loans.c.billed.is_not(None),
        loans.c.due > bindparam("until", type_=Moment),
        ~IS_OVER,
    ).order_by(loans.c.id),
    LoanRow,
    "until",
)
_lock_items: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        select(items.c.id)
        .where(items.c.id.in_(key_parameters(size)))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    ),
    None,
)
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


def _goes_on(rows: Sequence[LoanRow]) -> int | None:
    if len(rows) < BATCH:
        return None
    last = rows[-1]
    return (int((last.due - _BEGINNING) / timedelta(microseconds=1)) << _PLACE) | last.id


def run_loans(
    circulation: Circulation,
    transaction: Transaction,
    *,
    day: date,
    now: datetime,
    after: int = 0,
) -> Run:
    """Does what is due by `day` for a page of loans, each step once; gives what was done, and for
    whom."""
    set_up = circulation.current_set_up(transaction)
    run = Run()
    if not DUNNING.of(set_up).flows:
        return run
    until = datetime.combine(day, time(), UTC) + timedelta(DUNNING.of(set_up).lead) + _MARGIN
    since = _BEGINNING + timedelta(microseconds=after >> _PLACE)
    page = _page(transaction, until, since, after & ((1 << _PLACE) - 1), BATCH)
    run.goes_on = _goes_on(page)
    if not after:
        page = [*page, *_lost(transaction, until)]
    wanted = decisions(transaction, set_up, page, day, now)
    if wanted:
        _lock_items(transaction, sorted(each.row.item_id for each in wanted))
        fresh = loans_by_id(transaction, [each.row.id for each in wanted])
        wanted = decisions(transaction, set_up, list(dict.fromkeys(fresh)), day, now)
    bills: list[Decision] = []
    for decision in wanted:
        row = decision.row
        subject = Subject(row.patron_id, row.id, row.round)
        pass_over(
            transaction, subject, decision.passed, day=day, now=now, why="a later step was due"
        )
        run.count("steps passed over", len(decision.passed))
        if decision.step is None:
            continue
        if decision.step.step.does is Does.BILL:
            bills.append(decision)
        else:
            _tell(circulation, transaction, set_up, decision, day, now, run)
    bill_loans(circulation, transaction, set_up, bills, day=day, now=now, run=run)
    return run


def _tell(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    decision: Decision,
    day: date,
    now: datetime,
    run: Run,
) -> None:
    assert decision.step is not None
    row, step = decision.row, decision.step.step
    facts = step_facts(set_up, decision) | loan_outlook(set_up, decision, day)
    agency_id = set_up.branches[row.branch_id].agency_id
    fee = charge_step(circulation, transaction, set_up, step, row, day, now)
    warning = warning_with(transaction, set_up, step, row.patron_id, agency_id, now=now)
    notice = request_notice(
        circulation,
        transaction,
        NoticeRequest(
            patron_id=row.patron_id,
            kind=step.kind,
            cause=Cause(loans=(row.id,), key=f"{step.code} {row.round}"),
            facts=facts | step_costs(fee) | warning.facts,
            branch_id=row.branch_id,
        ),
        now=now,
    )
    warning.note(notice)
    write_act(
        transaction,
        Subject(row.patron_id, row.id, row.round),
        step,
        day=day,
        now=now,
        facts=facts | {"notice": notice},
    )
    run.count(f"steps {step.code}")
    why = f"due {facts['due_date']}, {step.code} on {facts['planned']}"
    run.told.append(Told(step.code, step.does.value, row.patron_id, row.barcode, why))
