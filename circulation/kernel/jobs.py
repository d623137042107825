"""What is done once a day: jobs that may be run for any day, and again, without harm.

A job is a step that does a part of the work for a day and says whether there is more; every step
is a transaction of its own, so that nothing waits long for a night's work. A job works from the
day and from what the database holds, never from whether it has run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.parts import Registry
from circulation.kernel.results import UNATTENDED


class Step(NamedTuple):
    """What a step has done, and from where the next goes on; None: the job is done.

    `told` are lines for people: what was done for whom, and why.
    """

    counts: dict[str, int]
    goes_on: int | None = None
    told: tuple[dict[str, Any], ...] = ()


class Doing(NamedTuple):
    """What a step is given: the day that the job is for, the present, and where to go on."""

    circulation: Circulation
    transaction: Transaction
    day: date
    now: datetime
    after: int

    @property
    def until(self) -> datetime:
        """The end of the day, but never in the future: what counts today must go on counting."""
        return min(end_of(self.day), self.now)

    @property
    def act(self) -> Act:
        """The act of a job, which is done at no desk."""
        return Act(self.transaction, self.circulation, UNATTENDED, self.now)


class Job(NamedTuple):
    """A job, and what it is for in a few words."""

    name: str
    about: str
    step: Callable[[Doing], Step]


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(1), time(), UTC)


#: What the features do daily; `circulation.jobs.table` has it in order.
DAILY: Registry[Job] = Registry("kernel.jobs:DAILY")
