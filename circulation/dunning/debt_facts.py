"""Debts as the flow sees them: which step is due, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select

from catalogue.database import Transaction, key_parameters, many_of
from circulation.calendars.due_dates import local_date
from circulation.calendars.opening_hours import Calendar
from circulation.dunning.acts import DunningAct, acts_of_charges
from circulation.dunning.debtors import Debtor, debtor_of
from circulation.dunning.flow_rows import DUNNING
from circulation.dunning.outlook import announced, hears, is_enough, to_come
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import Does, Done, Flow, Planned, Step, count_done, due_step, plan
from circulation.fees.rules import fee_terms
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import LoanMark
from circulation.kernel.rules import scope_of
from circulation.kernel.set_up import SetUp
from circulation.ledger.money import ChargeKind
from circulation.ledger.schema import charge_loans, charges, patron_balances
from circulation.loans.schema import loans
from circulation.patrons.schema import patron_blocks, patrons


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


_IS_DEAD = exists().where(
    patron_blocks.c.patron_id == charges.c.patron_id,
    patron_blocks.c.reason == BlockReason.DECEASED.value,
)
#: It was handed over, or will never be: nothing follows.
IS_OVER = exists().where(
    dunning_acts.c.charge_id == charges.c.id, dunning_acts.c.does == Does.COLLECT.value
)


def select_debts(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Open debts for a statement whose rows are `DebtRow`."""
    return (
        select(
            charges.c.id,
            charges.c.patron_id,
            charges.c.agency_id,
            charges.c.branch_id,
            charges.c.kind,
            charges.c.currency,
            charges.c.balance,
            charges.c.created,
            patrons.c.category,
            patrons.c.kind,
            patrons.c.birth_date,
            _IS_DEAD,
            func.coalesce(patron_balances.c.fees + patron_balances.c.compensations, 0),
        )
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


debts_by_id = many_of(lambda size: select_debts(charges.c.id.in_(key_parameters(size))), DebtRow)
#: Charges for loans of which the patron says that the item was returned.
_claimed = many_of(
    lambda size: (
        select(charge_loans.c.charge_id)
        .select_from(charge_loans.join(loans, loans.c.id == charge_loans.c.loan_id))
        .where(
            charge_loans.c.charge_id.in_(key_parameters(size)),
            charge_loans.c.undone.is_(None),
            loans.c.checked_in.is_(None),
            loans.c.mark == LoanMark.CLAIMED_RETURNED.value,
        )
    ),
    lambda charge_id: int(charge_id),
)


def debt_decisions(
    transaction: Transaction, set_up: SetUp, rows: Sequence[DebtRow], day: date
) -> list[DebtDecision]:
    """The debts of which something is to be done by `day`."""
    ids = [row.id for row in rows]
    acts = acts_of_charges(transaction, ids)
    claimed = set(_claimed(transaction, ids))
    cases: dict[tuple[int, str], Flow | None] = {}
    found = []
    for row in rows:
        key = (row.branch_id, row.category)
        if key not in cases:
            cases[key] = DUNNING.of(set_up).flow(set_up.case(*key, ""))
        flow = cases[key]
        if flow is not None and not row.is_dead and row.id not in claimed:
            found.append(_decide(set_up, row, flow, acts.get(row.id, ()), day))
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


def debt_outlook(
    transaction: Transaction, set_up: SetUp, decision: DebtDecision, day: date
) -> dict[str, Any]:
    """What the message of a step that is done on `day` says of what will follow (`announced`)."""
    assert decision.step is not None
    done = decision.done | {each.step.code: Done(day, True) for each in decision.passed}
    done[decision.step.step.code] = Done(day, False)
    return _outlook(transaction, set_up, decision, done, decision.step.step.fee, day)


def bill_outlook(
    transaction: Transaction, set_up: SetUp, charge_id: int, day: date
) -> dict[str, Any]:
    """What follows the bill of `day` that made this charge, together with everything else that is
    owed; as `debt_outlook` has it."""
    [row, *_] = [*debts_by_id(transaction, [charge_id]), None]
    flow = row and DUNNING.of(set_up).flow(set_up.case(row.branch_id, row.category, ""))
    if not row or not flow:
        return {}
    billed = DebtDecision(row, flow, [], None, [], day, {})
    return _outlook(transaction, set_up, billed, {}, 0, day)


def _outlook(
    transaction: Transaction,
    set_up: SetUp,
    decision: DebtDecision,
    done: dict[str, Done],
    fee: int,
    day: date,
) -> dict[str, Any]:
    """`fee` is what the step of the day itself costs, and is owed as well from then on."""
    row = decision.row
    terms = fee_terms(set_up, row.branch_id, row.category, "", day)
    adds = terms.currency == row.currency
    owed = row.together + (fee if adds else 0)

    def does(planned: Planned) -> bool:
        nonlocal owed
        step = planned.step
        if not is_enough(step, owed):
            return False
        if step.does is Does.COLLECT:
            return debtor_asked(transaction, set_up, row, step).patron_id is not None
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
