"""The steps of a flow that were done: a row for each step of a loan or debt, so that nothing is
done twice."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, insert, select

from catalogue.database import Transaction, key_parameters, many, many_of, send
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import Does, Done, Planned, Step

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


_DOES = {each.value: each for each in Does}


def _row(*row: Any) -> DunningAct:
    id_, loan_id, round_, charge_id, step, does, outcome, *rest = row
    return DunningAct(
        id_, loan_id, round_, charge_id, step, _DOES[does], outcome == "passed", *rest
    )


_COLUMNS = ("id", "loan_id", "round", "charge_id", "step", "does", "outcome", "day", "at", "facts")


def _select_acts() -> Select[Any]:
    return select(*(dunning_acts.c[name] for name in _COLUMNS)).order_by(dunning_acts.c.id)


_of_loans = many_of(
    lambda size: _select_acts().where(dunning_acts.c.loan_id.in_(key_parameters(size))), _row
)
_of_charges = many_of(
    lambda size: _select_acts().where(dunning_acts.c.charge_id.in_(key_parameters(size))), _row
)
_of_patron = many(
    _select_acts().where(dunning_acts.c.patron_id == bindparam("of_patron")), _row, "of_patron"
)
_WRITTEN = (
    "loan_id",
    "round",
    "charge_id",
    "patron_id",
    "step",
    "does",
    "outcome",
    "day",
    "at",
    "facts",
)
_insert = send(
    insert(dunning_acts).values(
        {
            dunning_acts.c[name]: bindparam(f"new_{name}", type_=dunning_acts.c[name].type)
            for name in _WRITTEN
        }
    ),
    *(f"new_{name}" for name in _WRITTEN),
)


class Subject(NamedTuple):
    """What a step is done of: a loan since its last renewal, or a charge; and whose it is."""

    patron_id: int
    loan_id: int | None = None
    round: int | None = None
    charge_id: int | None = None


def write_act(
    transaction: Transaction,
    subject: Subject,
    step: Step,
    *,
    day: date,
    now: datetime,
    facts: dict[str, Any],
    is_passed: bool = False,
) -> None:
    """Notes the step; the database refuses a second row for it."""
    _insert(
        transaction,
        subject.loan_id,
        subject.round,
        subject.charge_id,
        subject.patron_id,
        step.code,
        step.does.value,
        "passed" if is_passed else "done",
        day,
        now,
        _write_json(facts),
    )


def pass_over(
    transaction: Transaction,
    subject: Subject,
    planned: Sequence[Planned],
    *,
    day: date,
    now: datetime,
    why: str,
) -> None:
    """Notes that these steps are not done any more."""
    for each in planned:
        facts = {"planned": each.day.isoformat(), "why": why}
        write_act(transaction, subject, each.step, day=day, now=now, facts=facts, is_passed=True)


def acts_of_loans(transaction: Transaction, loan_ids: Sequence[int]) -> dict[int, list[DunningAct]]:
    """The acts of each loan, of all its rounds, in the order in which they were done."""
    found: dict[int, list[DunningAct]] = defaultdict(list)
    for act in _of_loans(transaction, list(loan_ids)):
        assert act.loan_id is not None
        found[act.loan_id].append(act)
    return found


def acts_of_charges(
    transaction: Transaction, charge_ids: Sequence[int]
) -> dict[int, list[DunningAct]]:
    """The acts of each charge, in the order in which they were done."""
    found: dict[int, list[DunningAct]] = defaultdict(list)
    for act in _of_charges(transaction, list(charge_ids)):
        assert act.charge_id is not None
        found[act.charge_id].append(act)
    return found


def acts_of_patron(transaction: Transaction, patron_id: int) -> list[DunningAct]:
    return _of_patron(transaction, patron_id)


class Told(NamedTuple):
    """For people: what a run of the flow did, or would do, for whom."""

    step: str
    does: str
    patron_id: int
    about: str  # a barcode, or the number of a charge
    why: str


@dataclass(slots=True)
class Run:
    """What one page of a job has done, and where the next goes on; None: all is done."""

    told: list[Told] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    goes_on: int | None = None

    def count(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number
