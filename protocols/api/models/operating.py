"""The house at work: daily jobs, machines and partners, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from circulation.callers.terminal_counts import MESSAGE, TerminalCount
from circulation.interlending.exchanges import Line
from circulation.jobs.running import Ran
from circulation.jobs.table import JOBS
from protocols.api.models.common import Request


class JobDays(Request):
    """For how many days back."""

    days: Annotated[int, Field(ge=0, le=400)] = 7


class JobWish(Request):
    """The day that the job is for, today where none is said, and from where it goes on."""

    day: date | None = None
    cursor: Annotated[str, Field(max_length=4_000)] | None = None


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job was run to its end for a day, `runs` times, `ran` for the last time."""

    day: date
    ran: datetime
    runs: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Job:
    """A daily job and its runs."""

    job: str
    about: str
    runs: tuple[JobRun, ...]


@dataclass(frozen=True, slots=True)
class Jobs:
    """The daily jobs in their order."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class JobDone:
    """What was done of a job: `cursor` is from where it goes on, null where it is at its end."""

    job: str
    day: date
    counts: Mapping[str, int]
    cursor: str | None


def jobs_shown(runs: Iterable[Ran]) -> Jobs:
    known = list(runs)
    return Jobs(
        tuple(
            Job(
                name,
                job.about,
                tuple(
                    JobRun(each.day, each.ran, each.runs, each.counts)
                    for each in known
                    if each.job == name
                ),
            )
            for name, job in JOBS.items()
        )
    )


@dataclass(frozen=True, slots=True)
class Terminal:
    """An account of a machine: how often it has sent what, and where it departs from the
    standard. `account` is empty for what came before a login."""

    account: str
    last: datetime | None
    messages: Mapping[str, int]
    deviations: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Terminals:
    """The accounts of machines."""

    terminals: tuple[Terminal, ...]


def terminals_shown(logins: Iterable[str], counts: Iterable[TerminalCount]) -> Terminals:
    """The accounts in this order, each with what was counted of it."""
    found: dict[str, list[TerminalCount]] = {login: [] for login in logins}
    for count in counts:
        if count.account in found:
            found[count.account].append(count)
    return Terminals(
        tuple(
            Terminal(
                login or "(before the login)",
                max((each.last for each in its), default=None),
                {
                    each.name.removeprefix(MESSAGE): each.times
                    for each in its
                    if each.name.startswith(MESSAGE)
                },
                {each.name: each.times for each in its if not each.name.startswith(MESSAGE)},
            )
            for login, its in found.items()
        )
    )


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was exchanged with a partner: `direction` is ``in`` or ``out``, `outcome` ``ok`` or the
    problems there were."""

    at: datetime
    direction: str
    service: str
    request: str
    outcome: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Partner:
    """Another agency that sends requests: its last exchange, and the last that went wrong."""

    agency: str
    name: str
    branch: str
    waiting: int
    last: Exchange | None
    last_error: Exchange | None


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners, by agency."""

    partners: tuple[Partner, ...]


class LastExchanges(Request):
    """How many of the last exchanges."""

    last: Annotated[int, Field(ge=1, le=1_000)] = 50


@dataclass(frozen=True, slots=True)
class Exchanges:
    """What was exchanged with a partner, the newest last."""

    agency: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class LoanExchanges:
    """What was exchanged about an interlibrary loan, the oldest first."""

    exchanges: tuple[Exchange, ...]


def exchange_shown(line: Line) -> Exchange:
    return Exchange(
        line.at,
        line.direction,
        line.service,
        line.request_id,
        line.outcome,
        line.milliseconds,
    )
