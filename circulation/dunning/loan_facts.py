"""Loans as the flow sees them: which step is due, why, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, select

from catalogue.database import Statement, columns, many_of
from catalogue.schema import items
from circulation.calendars.due_dates import local_date
from circulation.calendars.opening_hours import Calendar
from circulation.dunning.acts import DunningAct, acts_of_loans
from circulation.dunning.flow_rows import DUNNING
from circulation.dunning.outlook import NEXT, announced, hears, to_come
from circulation.dunning.runs import Run
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import (
    Does,
    Done,
    Flow,
    Planned,
    count_done,
    due_step,
    is_before_due,
    plan,
)
from circulation.fees.compensation import compensation_of
from circulation.fees.late_fees import late_fee
from circulation.fees.lateness import child_on, lateness
from circulation.fees.rules import fee_terms
from circulation.kernel.results import LoanMark
from circulation.kernel.rules import scope_of
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans
from circulation.patrons.blocks import has_died
from circulation.patrons.schema import patrons


class LoanRow(NamedTuple):
    """An open loan, as far as the flow asks."""

    id: int
    item_id: int
    barcode: str
    patron_id: int
    branch_id: int
    home_branch_id: int
    material_group: str
    checked_out: datetime
    due: datetime
    round: int
    mark: str | None
    suspended_until: datetime | None
    billed: datetime | None
    category: str
    born: date | None
    item_group: str
    price: int | None
    currency: str | None
    is_dead: bool


class Decision(NamedTuple):
    """What is to be done of a loan now: a step, or none, and those that are passed over."""

    row: LoanRow
    flow: Flow
    planned: list[Planned]
    step: Planned | None
    passed: list[Planned]
    done: dict[str, Done]


#: The last step of a loan; what comes after it is a debt.
IS_OVER = exists().where(
    dunning_acts.c.loan_id == loans.c.id,
    dunning_acts.c.round == loans.c.renewals,
    dunning_acts.c.does == Does.BILL.value,
)


def select_loans(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Open loans for a statement whose rows are `LoanRow`."""
    its = {
        "barcode": items.c.barcode,
        "home_branch_id": items.c.branch_id,
        "round": loans.c.renewals,
        "category": patrons.c.category,
        "born": patrons.c.birth_date,
        "item_group": items.c.material_group,
        "price": items.c.price,
        "currency": items.c.currency,
        "is_dead": has_died(loans.c.patron_id),
    }
    return (
        select(*columns(LoanRow, loans, **its))
        .select_from(
            loans.join(items, items.c.id == loans.c.item_id).join(
                patrons, patrons.c.id == loans.c.patron_id
            )
        )
        .where(loans.c.checked_in.is_(None), *conditions)
    )


@many_of(LoanRow)
def loans_by_id(*, loan_ids: Sequence[int]) -> Statement:
    return select_loans(loans.c.id.in_(loan_ids)).order_by(loans.c.item_id)


def decisions(run: Run, rows: Sequence[LoanRow]) -> list[Decision]:
    """The loans of which something is to be done by the day."""
    acts = acts_of_loans(run.transaction, [row.id for row in rows])
    plans = _Plans(run.set_up, run.day)
    found = (_decide(plans, row, acts.get(row.id, ()), run.act.now) for row in rows)
    return [each for each in found if each and (each.step or each.passed)]


def hindrance(row: LoanRow, now: datetime) -> str | None:
    """Why nothing follows for the loan, as things are."""
    if row.is_dead:
        return "the patron has died"
    if row.mark == LoanMark.CLAIMED_RETURNED.value:
        return "the patron says that the item was returned"
    if row.suspended_until is not None and row.suspended_until > now:
        return "the loan is suspended"
    return None


class _Plans:
    """The steps of loans for one page of them: many are of one flow, due on one day, and told of
    the same, so what was reckoned for one holds for the others."""

    def __init__(self, set_up: SetUp, day: date) -> None:
        self.set_up, self._day = set_up, day
        self._flows: dict[tuple[int, str, str], Flow | None] = {}
        self._found: dict[Any, tuple[list[Planned], Planned | None, list[Planned]]] = {}

    def flow(self, row: LoanRow) -> Flow | None:
        key = (row.branch_id, row.category, row.material_group)
        if key not in self._flows:
            self._flows[key] = DUNNING.of(self.set_up).flow(self.set_up.case(*key))
        return self._flows[key]

    def steps(
        self, row: LoanRow, flow: Flow, done: dict[str, Done]
    ) -> tuple[list[Planned], Planned | None, list[Planned]]:
        """All steps with their days, the one to be done by the day, and those passed over."""
        due = _due_date(self.set_up, row)
        key = (flow.rule.id, row.branch_id, row.home_branch_id, due, *done.items())
        found = self._found.get(key)
        if found is None:
            calendars = _calendars(self.set_up, row)
            planned = plan(flow.of_loans, due, done, calendars)
            step, passed = due_step(planned, done, self._day, last_day=due)
            found = self._found[key] = (planned, step, passed)
        return found


def _calendars(set_up: SetUp, row: LoanRow) -> dict[str, Calendar]:
    return {
        "lending": set_up.calendars[row.branch_id],
        "home": set_up.calendars[row.home_branch_id],
    }


def _due_date(set_up: SetUp, row: LoanRow) -> date:
    return local_date(row.due, set_up.branches[row.branch_id].timezone)


def _decide(
    plans: _Plans, row: LoanRow, acts: Sequence[DunningAct], now: datetime
) -> Decision | None:
    """What is to be done of the loan; None where no flow holds, or it stands still."""
    flow = plans.flow(row)
    if flow is None or hindrance(row, now) is not None:
        return None
    done = {act.step: act.done for act in acts if act.round == row.round}
    planned, step, passed = plans.steps(row, flow, done)
    if row.mark == LoanMark.LOST.value:
        # It was billed when it was declared lost: the patron has only to be told.
        bill = next((each for each in planned if each.step.does is Does.BILL), None)
        if bill is None or row.billed is None or bill.step.code in done:
            return None
        return Decision(row, flow, planned, bill, [], done)
    if step is not None and is_before_due(step.step) and not row.round:
        lent = local_date(row.checked_out, plans.set_up.branches[row.branch_id].timezone)
        if step.day <= lent:  # nobody needs to be told of what they have just been told
            passed, step = [*passed, step], None
    return Decision(row, flow, planned, step, passed, done)


class Bill(NamedTuple):
    """What a loan would be billed: compensation, and a late fee, which loans may share."""

    compensation: int
    late_fee: int
    currency: str


def _billed(set_up: SetUp, row: LoanRow, day: date) -> Bill | None:
    """What is billed on that day for the loan; None where the rules charge nothing."""
    timezone = set_up.branches[row.branch_id].timezone
    terms = fee_terms(set_up, row.branch_id, row.category, row.item_group, day)
    owed = compensation_of(terms, row.price, row.currency)
    if owed is None:
        return None
    is_child = child_on(terms, local_date(row.due, timezone), row.born)
    where = row.home_branch_id if terms.calendar == "home" else row.branch_id
    late = lateness(
        terms,
        due=row.due,
        at=datetime.combine(day, time(12), ZoneInfo(timezone)),
        calendar=set_up.calendars[where],
        price=row.price if row.currency in (None, terms.currency) else None,
        is_child=is_child,
    )
    with_it = 0
    if terms.bill_fee != "none":
        with_it = late_fee(terms, late, "bill", is_child=is_child)
    return Bill(sum(owed), with_it, terms.currency)


def loan_outlook(set_up: SetUp, decision: Decision, day: date) -> dict[str, Any]:
    """What the message of a step done on `day` tells of what will follow: `announced`, and before
    a bill `prices`, what it will ask for each loan, with `next_fee` where a late fee comes too."""
    assert decision.step is not None
    row = decision.row
    done = decision.done | {each.step.code: Done(day, True) for each in decision.passed}
    done[decision.step.step.code] = Done(day, False)

    def does(planned: Planned) -> bool:
        is_bill = planned.step.does is Does.BILL
        return (
            not is_bill or row.billed is not None or _billed(set_up, row, planned.day) is not None
        )

    due = _due_date(set_up, row)
    planned_by = partial(plan, decision.flow.of_loans, due, calendars=_calendars(set_up, row))
    following = to_come(planned_by, done, day, does, last_day=due)
    facts: dict[str, Any] = announced(following, hears(set_up, row.branch_id, row.category))
    if facts.get("next") != NEXT[Does.BILL] or row.billed is not None:
        return facts
    bill = _billed(set_up, row, date.fromisoformat(facts["next_date"]))
    assert bill is not None
    price = {"loan": row.id, "amount": bill.compensation, "currency": bill.currency}
    return facts | {"prices": [price], "next_fee": bill.late_fee > 0}


def step_facts(set_up: SetUp, decision: Decision) -> dict[str, Any]:
    """Which row, dates and calendar made the step: for people, and for the text of the message.

    `number` counts what the patron was told since the loan fell due.
    """
    assert decision.step is not None
    row, flow, planned = decision.row, decision.flow, decision.planned
    place = planned.index(decision.step)
    where = row.branch_id if decision.step.step.calendar == "lending" else row.home_branch_id
    return {
        "step": decision.step.step.code,
        "number": count_done(planned[:place], decision.done)
        + (not is_before_due(decision.step.step)),
        "due": row.due.isoformat(),
        "due_date": _due_date(set_up, row).isoformat(),
        "counted_from": decision.step.counted_from.isoformat(),
        "days": decision.step.step.days,
        "planned": decision.step.day.isoformat(),
        "calendar": set_up.branches[where].isil,
        "flow": scope_of(flow.rule, set_up.branches[decision.row.branch_id]),
    }
