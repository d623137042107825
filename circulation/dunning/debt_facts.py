"""Debts as the flow sees them: which step is due, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select

from catalogue.statements import Transaction, key_parameters, many_of
from circulation.calendars.due_dates import local_date
from circulation.dunning.acts import Act, acts_of_charges
from circulation.dunning.flow_scopes import flow_scope
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import Does, Flow, Planned, due_step, following, plan
from circulation.ledger.money import ChargeKind
from circulation.ledger.schema import charge_loans, charges, patron_balances
from circulation.loans.schema import loans
from circulation.patrons.schema import patron_blocks, patrons
from circulation.reasons import BlockReason
from circulation.results import LoanMark
from circulation.set_up import SetUp


class DebtRow(NamedTuple):
    """A charge of which something is owed, as far as the flow asks.

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
    """What is to be done of a debt now: a step, or none, and those that are passed over."""

    row: DebtRow
    flow: Flow
    planned: list[Planned]
    step: Planned | None
    passed: list[Planned]


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
            cases[key] = set_up.dunning.flow(set_up.case(*key, ""))
        flow = cases[key]
        if flow is not None and not row.is_dead and row.id not in claimed:
            found.append(_decide(set_up, row, flow, acts.get(row.id, ()), day))
    return [each for each in found if each.step or each.passed]


def _decide(
    set_up: SetUp, row: DebtRow, flow: Flow, acts: Sequence[Act], day: date
) -> DebtDecision:
    planned = _planned(set_up, row, flow, acts)
    done = {act.step: act.done for act in acts}
    step, passed = due_step(planned, done, day)
    # Who has as much with the library, for what was paid and came back, owes it nothing.
    if step is not None and row.together < max(step.step.minimum, 1):
        step = None
    return DebtDecision(row, flow, planned, step, passed)


def _planned(set_up: SetUp, row: DebtRow, flow: Flow, acts: Sequence[Act]) -> list[Planned]:
    """All steps of the debt, and on which days they are or were due."""
    calendar = set_up.calendars[row.branch_id]
    billed = next((act for act in acts if act.does is Does.BILL), None)
    timezone = set_up.branches[row.branch_id].timezone
    start = billed.day if billed else local_date(row.created, timezone)
    done = {act.step: act.done for act in acts}
    return plan(flow.of_debts, start, done, {"lending": calendar, "home": calendar})


def debt_facts(set_up: SetUp, decision: DebtDecision) -> dict[str, Any]:
    """Which row, dates and calendar made the step; `number` counts the reminders."""
    assert decision.step is not None
    planned, place = decision.planned, decision.planned.index(decision.step)
    facts: dict[str, Any] = {
        "step": decision.step.step.code,
        "number": place + 1,
        "counted_from": decision.step.counted_from.isoformat(),
        "days": decision.step.step.days,
        "planned": decision.step.day.isoformat(),
        "calendar": set_up.branches[decision.row.branch_id].isil,
        "flow": flow_scope(set_up, decision.flow),
    }
    return facts | following(planned, place)
