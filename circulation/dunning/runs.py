"""What the daily jobs of the flow work with: one page of one job, and what it has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from catalogue.database import Transaction
from circulation.kernel import jobs
from circulation.kernel.act import Act
from circulation.kernel.set_up import SetUp
from circulation.notices.requests import NoticeId, NoticeRequest, request_notice

#: Who acts where the flow does.
ACTOR = "dunning"


class Told(NamedTuple):
    """For people: what a run of the flow did, or would do, for whom."""

    step: str
    does: str
    patron_id: int
    about: str  # a barcode, or the number of a charge
    why: str


@dataclass(slots=True)
class Run:
    """One page of a job for a day, what it has done, and where the next goes on; None: all is
    done."""

    act: Act
    set_up: SetUp
    day: date
    told: list[Told] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    goes_on: int | None = None

    @classmethod
    def of(cls, doing: jobs.Doing) -> Run:
        act = doing.act
        return cls(act, act.circulation.current_set_up(act.transaction), doing.day)

    @property
    def transaction(self) -> Transaction:
        return self.act.transaction

    def act_at(self, branch_id: int) -> Act:
        """The flow as an actor, at the branch."""
        return self.act._replace(desk=self.set_up.desk(branch_id, ACTOR))

    def is_elsewhere(self, branch_id: int) -> bool:
        """Does another system look after the branch?"""
        return self.set_up.elsewhere.has(branch_id, self.act.now)

    def request(self, notice: NoticeRequest) -> NoticeId | None:
        """Has the patron told; None where nobody is to be told."""
        return request_notice(self.act, notice)

    def count(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    @property
    def step(self) -> jobs.Step:
        """What the job answers."""
        return jobs.Step(self.counts, self.goes_on, tuple(each._asdict() for each in self.told))
