"""Running a job for a day, and what is kept of it: `job_runs` only tells people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from catalogue.database import Database, Statement, Transaction, columns, many, scalar, send
from circulation.jobs.table import JOBS
from circulation.kernel.engine import Circulation
from circulation.kernel.jobs import Doing, Job, Step
from circulation.kernel.schema import job_runs
from circulation.loans.judging import tried


class Ran(NamedTuple):
    """A job that was run for a day: what it counted, and how often it was run for that day."""

    job: str
    day: date
    ran: datetime
    runs: int
    counts: dict[str, int]
    told: tuple[dict[str, Any], ...] = ()


class LastRun(NamedTuple):
    """When a daily job was last finished."""

    job: str
    ran: datetime


@scalar(int)
def _runs(*, job: str, day: date) -> Statement:
    return select(job_runs.c.runs).where(job_runs.c.job == job, job_runs.c.day == day)


@send
def _forget_run(*, job: str, day: date) -> Statement:
    return delete(job_runs).where(job_runs.c.job == job, job_runs.c.day == day)


@send
def _insert_run(*, job: str, day: date, ran: datetime, runs: int, counts: str) -> Statement:
    return insert(job_runs).values(locals())


def _ran(job: str, day: date, ran: datetime, runs: int, counts: str) -> Ran:
    return Ran(job, day, ran, runs, json.loads(counts))


@many(_ran)
def runs_since(*, first: date) -> Statement:
    """The runs for the days from `first` on, by day and name."""
    return (
        select(*columns(_ran, job_runs))
        .where(job_runs.c.day >= first)
        .order_by(job_runs.c.day, job_runs.c.job)
    )


@many(LastRun)
def last_runs() -> Statement:
    """When each daily job was last finished; those that never were are left out."""
    return select(
        *columns(LastRun, job_runs, ran=func.max(job_runs.c.ran, type_=job_runs.c.ran.type))
    ).group_by(job_runs.c.job)


def run_job(
    circulation: Circulation,
    database: Database,
    name: str,
    *,
    day: date,
    now: datetime,
    hold: Callable[[Transaction], object] | None = None,
) -> Ran:
    """Runs a job for a day to its end, step by step, and notes it.

    Each step begins with `hold`, which holds a lease, so that no two processes are at it. Raises
    KeyError for a name that is not in `JOBS`, ValueError for a day in the future, LeaseTaken where
    another process holds the lease.
    """
    job = _job_for(name, day, now)
    counts: Counter[str] = Counter()
    after: int | None = 0
    while after is not None:

        def step(transaction: Transaction, after: int = after) -> Step:
            if hold is not None:
                hold(transaction)
            return job.step(Doing(circulation, transaction, day, now, after))

        done = database.write(step).result()
        counts.update(done.counts)
        after = done.goes_on

    return database.write(
        lambda transaction: note_run(transaction, name, day=day, now=now, counts=counts)
    ).result()


def try_job(
    circulation: Circulation, database: Database, name: str, *, day: date, now: datetime
) -> Ran:
    """What `run_job` would do, with lines for people: every step is taken back, and nothing noted.

    Of a job that goes on where it began, that is the first step.
    """
    job = _job_for(name, day, now)
    counts: Counter[str] = Counter()
    told: list[dict[str, Any]] = []
    after = -1
    goes_on: int | None = 0
    while goes_on is not None and goes_on > after:
        after = goes_on

        def step(transaction: Transaction, after: int = after) -> Step:
            return job.step(Doing(circulation, transaction, day, now, after))

        done = tried(database, step)
        counts.update(done.counts)
        told += done.told
        goes_on = done.goes_on
    return Ran(name, day, now, 0, dict(counts), tuple(told))


def _job_for(name: str, day: date, now: datetime) -> Job:
    job = JOBS[name]
    if day > now.date() + timedelta(1):  # somewhere it may be tomorrow already
        raise ValueError(f"{day} has not come yet")
    return job


def note_run(
    transaction: Transaction, name: str, *, day: date, now: datetime, counts: Mapping[str, int]
) -> Ran:
    """Notes that the job has come to its end for the day, once more."""
    runs = (_runs(transaction, job=name, day=day) or 0) + 1
    _forget_run(transaction, job=name, day=day)
    _insert_run(transaction, job=name, day=day, ran=now, runs=runs, counts=json.dumps(counts))
    return Ran(name, day, now, runs, dict(counts))
