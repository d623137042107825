"""The steps of a flow that were done: a row for each step of a loan or debt, so that nothing is
done twice."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, insert, select

from catalogue.database import Statement, Transaction, columns, many_of, send
from circulation.dunning.runs import Run
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import Does, Done, Planned, Step
from circulation.kernel.stored import stored_as

_write_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class DunningAct(NamedTuple):
    """A step that was done or passed over, of a loan in one `round` or of a charge."""

    id: int
    loan_id: int | None
    round: int | None
    charge_id: int | None
    step: str
    does: Does
    is_passed: bool
    day: date
    at: datetime
    told: str  # the facts as JSON: a night's work reads many acts, and the facts of few

    @property
    def done(self) -> Done:
        return Done(self.day, self.is_passed)

    @property
    def facts(self) -> dict[str, Any]:
        """Which row, dates and calendar made it, and what came of it."""
        found: dict[str, Any] = json.loads(self.told)
        return found


def _select_acts() -> Select[Any]:
    told = {
        "does": stored_as(dunning_acts.c.does, Does),
        "is_passed": dunning_acts.c.outcome == "passed",
        "told": dunning_acts.c.facts,
    }
    return select(*columns(DunningAct, dunning_acts, **told)).order_by(dunning_acts.c.id)


@many_of(DunningAct)
def _of_loans(*, loan_ids: Sequence[int]) -> Statement:
    return _select_acts().where(dunning_acts.c.loan_id.in_(loan_ids))


@many_of(DunningAct)
def _of_charges(*, charge_ids: Sequence[int]) -> Statement:
    return _select_acts().where(dunning_acts.c.charge_id.in_(charge_ids))


@send
def _insert(
    *,
    patron_id: int,
    loan_id: int | None,
    round: int | None,  # noqa: A002
    charge_id: int | None,
    step: str,
    does: str,
    outcome: str,
    day: date,
    at: datetime,
    facts: str,
) -> Statement:
    return insert(dunning_acts).values(locals())


class Subject(NamedTuple):
    """What a step is done of: a loan since its last renewal, or a charge; and whose it is."""

    patron_id: int
    loan_id: int | None = None
    round: int | None = None
    charge_id: int | None = None


def write_act(
    run: Run, subject: Subject, step: Step, facts: dict[str, Any], *, is_passed: bool = False
) -> None:
    """Notes the step; the database refuses a second row for it."""
    _insert(
        run.transaction,
        **subject._asdict(),
        step=step.code,
        does=step.does.value,
        outcome="passed" if is_passed else "done",
        day=run.day,
        at=run.act.now,
        facts=_write_json(facts),
    )


def pass_over(run: Run, subject: Subject, planned: Sequence[Planned], why: str) -> None:
    """Notes that these steps are not done any more."""
    for each in planned:
        facts = {"planned": each.day.isoformat(), "why": why}
        write_act(run, subject, each.step, facts, is_passed=True)


def leave_to_another(
    run: Run, subject: Subject, passed: Sequence[Planned], step: Planned | None
) -> None:
    """Another system looks after the branch, and tells people by a flow of its own: what is due
    here counts as done, so that the second step follows its first. It bills and collects itself,
    which comes as debts with its files: here these wait."""
    if step is not None and step.step.does in (Does.BILL, Does.COLLECT):
        return
    pass_over(run, subject, passed, "a later step was due")
    if step is not None:
        facts = {"planned": step.day.isoformat(), "elsewhere": True}
        write_act(run, subject, step.step, facts)
        run.count("steps left to the other system")


def acts_of_loans(transaction: Transaction, loan_ids: Sequence[int]) -> dict[int, list[DunningAct]]:
    """The acts of each loan, of all its rounds, in the order in which they were done."""
    found: dict[int, list[DunningAct]] = defaultdict(list)
    for act in _of_loans(transaction, loan_ids=loan_ids):
        assert act.loan_id is not None
        found[act.loan_id].append(act)
    return found


def acts_of_charges(
    transaction: Transaction, charge_ids: Sequence[int]
) -> dict[int, list[DunningAct]]:
    """The acts of each charge, in the order in which they were done."""
    found: dict[int, list[DunningAct]] = defaultdict(list)
    for act in _of_charges(transaction, charge_ids=charge_ids):
        assert act.charge_id is not None
        found[act.charge_id].append(act)
    return found
