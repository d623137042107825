"""What the other system has told of a loan or debt, written as steps of the flow that are done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, insert

from catalogue.database import Statement, send_many
from circulation.calendars.due_dates import local_date
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import Step
from circulation.moving.rows import Moving


class Subject(NamedTuple):
    """The loan, since its last renewal, or the charge; where, and whose it is."""

    patron_id: int
    branch_id: int
    loan_id: int | None = None
    round: int | None = None
    charge_id: int | None = None


class Act(NamedTuple):
    """A step of the flow as a row."""

    loan_id: int | None
    round: int | None
    charge_id: int | None
    patron_id: int
    step: str
    does: str
    outcome: str
    day: date
    at: datetime
    facts: str


@send_many
def write_acts(record: Act) -> Statement:
    return insert(dunning_acts).values(record._asdict())


@send_many
def forget_acts(record: Subject) -> Statement:
    """Of the loan or the charge."""
    its = dunning_acts.c
    return delete(dunning_acts).where(
        (its.loan_id == record.loan_id) | (its.charge_id == record.charge_id)
    )


def acts_of(
    moving: Moving, subject: Subject, done: Sequence[tuple[Step, bool]], at: datetime
) -> Iterable[Act]:
    """The steps as they are written; those with False were passed over."""
    facts = json.dumps({"moved": moving.source})
    day = local_date(at, moving.set_up.branches[subject.branch_id].timezone)
    for step, is_done in done:
        yield Act(
            subject.loan_id,
            subject.round,
            subject.charge_id,
            subject.patron_id,
            step.code,
            step.does.value,
            "done" if is_done else "passed",
            day,
            at,
            facts,
        )
