"""Debts as the flow sees them: which step is due, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select

from catalogue.database import Statement, Transaction, columns, many_of, scalars_of
from circulation.calendars.due_dates import local_date
from circulation.calendars.opening_hours import Calendar
from circulation.dunning.acts import DunningAct, acts_of_charges
from circulation.dunning.debtors import Debtor, debtor_of
from circulation.dunning.flow_rows import DUNNING
from circulation.dunning.outlook import announced, hears, is_enough, to_come
from circulation.dunning.runs import Run
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import Does, Done, Flow, Planned, Step, count_done, due_step, plan
from circulation.fees.rules import fee_terms
from circulation.kernel.results import LoanMark
from circulation.kernel.rules import scope_of
from circulation.kernel.set_up import SetUp
from circulation.ledger.money import ChargeKind
from circulation.ledger.schema import charge_loans, charges, patron_balances
from circulation.loans.schema import loans
from circulation.patrons.blocks import has_died
from circulation.patrons.schema import patrons


class DebtRow(NamedTuple):
    """A charge that is not settled, as far as the flow asks.

    `together` is all that the patron owes to the agency in that currency.
    """

    id: int
    patron_id: int
    agency_id: int
    branch_id: int
    kind: str
    currency: str
    balance: int
    created: datetime
    category: str
    patron_kind: str
    birth_date: date | None
    is_dead: bool
    together: int


class DebtDecision(NamedTuple):
    """What is to be done of a debt now: a step, or none, and those that are passed over; `start`
    is the day of the bill, or of the charge."""

    row: DebtRow
    flow: Flow
    planned: list[Planned]
    step: Planned | None
    passed: list[Planned]
    start: date
    done: dict[str, Done]


#: It was handed over, or will never be: nothing follows.
IS_OVER = exists().where(
    dunning_acts.c.charge_id == charges.c.id, dunning_acts.c.does == Does.COLLECT.value
)


def select_debts(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Open debts for a statement whose rows are `DebtRow`."""
    owing = {
        "category": patrons.c.category,
        "patron_kind": patrons.c.kind,
        "birth_date": patrons.c.birth_date,
        "is_dead": has_died(charges.c.patron_id),
        "together": func.coalesce(patron_balances.c.fees + patron_balances.c.compensations, 0),
    }
    return (
        select(*columns(DebtRow, charges, **owing))
        .select_from(
            charges.join(patrons, patrons.c.id == charges.c.patron_id).outerjoin(
                patron_balances,
                (patron_balances.c.patron_id == charges.c.patron_id)
                & (patron_balances.c.agency_id == charges.c.agency_id)
                & (patron_balances.c.currency == charges.c.currency),
            )
        )
        .where(charges.c.balance > 0, charges.c.kind != ChargeKind.CREDIT.value, *conditions)
        .order_by(charges.c.id)
    )


@many_of(DebtRow)
def debts_by_id(*, charge_ids: Sequence[int]) -> Statement:
    return select_debts(charges.c.id.in_(charge_ids))


@scalars_of(int)
def _claimed(*, charge_ids: Sequence[int]) -> Statement:
    """Charges for loans of which the patron says that the item was returned."""
    return (
        select(charge_loans.c.charge_id)
        .select_from(charge_loans.join(loans, loans.c.id == charge_loans.c.loan_id))
        .where(
            charge_loans.c.charge_id.in_(charge_ids),
            charge_loans.c.undone.is_(None),
            loans.c.checked_in.is_(None),
            loans.c.mark == LoanMark.CLAIMED_RETURNED.value,
        )
    )


def debt_decisions(run: Run, rows: Sequence[DebtRow]) -> list[DebtDecision]:
    """The debts of which something is to be done by the day."""
    set_up, ids = run.set_up, [row.id for row in rows]
    acts = acts_of_charges(run.transaction, ids)
    claimed = set(_claimed(run.transaction, charge_ids=ids))
    cases: dict[tuple[int, str], Flow | None] = {}
    found = []
    for row in rows:
        key = (row.branch_id, row.category)
        if key not in cases:
            cases[key] = DUNNING.of(set_up).flow(set_up.case(*key, ""))
        flow = cases[key]
        if flow is not None and not row.is_dead and row.id not in claimed:
            found.append(_decide(set_up, row, flow, acts.get(row.id, ()), run.day))
    return [each for each in found if each.step or each.passed]


def _decide(
    set_up: SetUp, row: DebtRow, flow: Flow, acts: Sequence[DunningAct], day: date
) -> DebtDecision:
    billed = next((act for act in acts if act.does is Does.BILL), None)
    timezone = set_up.branches[row.branch_id].timezone
    start = billed.day if billed else local_date(row.created, timezone)
    done = {act.step: act.done for act in acts}
    planned = plan(flow.of_debts, start, done, _calendars(set_up, row))
    step, passed = due_step(planned, done, day)
    if step is not None and not is_enough(step.step, row.together):
        step = None
    return DebtDecision(row, flow, planned, step, passed, start, done)


def _calendars(set_up: SetUp, row: DebtRow) -> dict[str, Calendar]:
    return dict.fromkeys(("lending", "home"), set_up.calendars[row.branch_id])


def debtor_asked(transaction: Transaction, set_up: SetUp, row: DebtRow, step: Step) -> Debtor:
    """Whom a step that collects asks to pay the debt."""
    timezone = set_up.branches[row.branch_id].timezone
    return debtor_of(
        transaction,
        row.patron_id,
        row.patron_kind,
        row.birth_date,
        on=local_date(row.created, timezone),
        asks_guardian=step.children == "guardian",
    )


def debt_outlook(run: Run, decision: DebtDecision) -> dict[str, Any]:
    """What the message of a step that is done on the day says of what will follow (`announced`)."""
    assert decision.step is not None
    done = decision.done | {each.step.code: Done(run.day, True) for each in decision.passed}
    done[decision.step.step.code] = Done(run.day, False)
    return _outlook(run, decision, done, decision.step.step.fee)


def bill_outlook(run: Run, charge_id: int) -> dict[str, Any]:
    """What follows the bill of the day that made this charge, together with everything else that is
    owed; as `debt_outlook` has it."""
    [row, *_] = [*debts_by_id(run.transaction, charge_ids=[charge_id]), None]
    flow = row and DUNNING.of(run.set_up).flow(run.set_up.case(row.branch_id, row.category, ""))
    if not row or not flow:
        return {}
    return _outlook(run, DebtDecision(row, flow, [], None, [], run.day, {}), {}, 0)


def _outlook(run: Run, decision: DebtDecision, done: dict[str, Done], fee: int) -> dict[str, Any]:
    """`fee` is what the step of the day itself costs, and is owed as well from then on."""
    row, set_up, day = decision.row, run.set_up, run.day
    terms = fee_terms(set_up, row.branch_id, row.category, "", day)
    adds = terms.currency == row.currency
    owed = row.together + (fee if adds else 0)

    def does(planned: Planned) -> bool:
        nonlocal owed
        step = planned.step
        if not is_enough(step, owed):
            return False
        if step.does is Does.COLLECT:
            return debtor_asked(run.transaction, set_up, row, step).patron_id is not None
        owed += step.fee if adds else 0
        return True

    steps, calendars = decision.flow.of_debts, _calendars(set_up, row)
    planned_by = partial(plan, steps, decision.start, calendars=calendars)
    return announced(
        to_come(planned_by, done, day, does), hears(set_up, row.branch_id, row.category)
    )


def debt_facts(set_up: SetUp, decision: DebtDecision) -> dict[str, Any]:
    """Which row, dates and calendar made the step; `number` counts the reminders."""
    assert decision.step is not None
    place = decision.planned.index(decision.step)
    return {
        "step": decision.step.step.code,
        "number": 1 + count_done(decision.planned[:place], decision.done),
        "counted_from": decision.step.counted_from.isoformat(),
        "days": decision.step.step.days,
        "planned": decision.step.day.isoformat(),
        "calendar": set_up.branches[decision.row.branch_id].isil,
        "flow": scope_of(decision.flow.rule, set_up.branches[decision.row.branch_id]),
    }
