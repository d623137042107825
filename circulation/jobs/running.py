"""Running a job for a day, and what is kept of it: `job_runs` only tells people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from catalogue.database import Database, Transaction, many, scalar, send
from circulation.jobs.table import JOBS
from circulation.kernel.engine import Circulation
from circulation.kernel.jobs import Doing, Step
from circulation.kernel.schema import job_runs


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


class _Undone(Exception):
    """Takes back what a step has done when it is only to be shown."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


_runs = scalar(
    select(job_runs.c.runs).where(
        job_runs.c.job == bindparam("of_job"), job_runs.c.day == bindparam("of_day")
    ),
    "of_job",
    "of_day",
)
_forget_run = send(
    delete(job_runs).where(
        job_runs.c.job == bindparam("of_job"), job_runs.c.day == bindparam("of_day")
    ),
    "of_job",
    "of_day",
)
_insert_run = send(
    insert(job_runs).values(
        job=bindparam("new_job"),
        day=bindparam("new_day"),
        ran=bindparam("new_ran"),
        runs=bindparam("new_runs"),
        counts=bindparam("new_counts"),
    ),
    "new_job",
    "new_day",
    "new_ran",
    "new_runs",
    "new_counts",
)


def _ran(job: str, day: date, ran: datetime, runs: int, counts: str) -> Ran:
    return Ran(job, day, ran, runs, json.loads(counts))


_all_runs = many(
    select(job_runs.c.job, job_runs.c.day, job_runs.c.ran, job_runs.c.runs, job_runs.c.counts)
    .where(job_runs.c.day >= bindparam("first"))
    .order_by(job_runs.c.day, job_runs.c.job),
    _ran,
    "first",
)


_last_runs = many(
    select(job_runs.c.job, func.max(job_runs.c.ran, type_=job_runs.c.ran.type)).group_by(
        job_runs.c.job
    ),
    LastRun,
)


def run_job(
    circulation: Circulation,
    database: Database,
    name: str,
    *,
    day: date,
    now: datetime,
    dry_run: bool = False,
    hold: Callable[[Transaction], object] | None = None,
) -> Ran:
    """Runs a job for a day to its end, step by step, and notes it.

    Each step begins with `hold`, which holds a lease, so that no two processes are at it. With
    `dry_run` every step is taken back again, and nothing noted: the answer tells what would have
    been done. For a job that goes on where it began, that is its first step. Raises KeyError for a
    name that is not in `JOBS`, ValueError for a day in the future, LeaseTaken where another process
    holds the lease.
    """
    job = JOBS[name]
    if day > now.date() + timedelta(1):  # somewhere it may be tomorrow already
        raise ValueError(f"{day} has not come yet")
    counts: Counter[str] = Counter()
    told: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:

        def step(transaction: Transaction, after: int = after) -> Step:
            if hold is not None and not dry_run:
                hold(transaction)
            done = job.step(Doing(circulation, transaction, day, now, after))
            if dry_run:
                raise _Undone(done)
            return done

        try:
            done = database.write(step).result()
        except _Undone as undone:
            done = undone.step
            if done.goes_on is not None and done.goes_on <= after:
                done = done._replace(goes_on=None)
        counts.update(done.counts)
        if dry_run:
            told += done.told
        after = done.goes_on

    def note(transaction: Transaction) -> Ran:
        runs = (_runs(transaction, name, day) or 0) + 1
        _forget_run(transaction, name, day)
        _insert_run(transaction, name, day, now, runs, json.dumps(counts))
        return Ran(name, day, now, runs, dict(counts), tuple(told))

    if dry_run:
        return Ran(name, day, now, 0, dict(counts), tuple(told))
    return database.write(note).result()


def runs_since(transaction: Transaction, first: date) -> list[Ran]:
    """The runs for the days from `first` on, by day and name."""
    return _all_runs(transaction, first)


def last_runs(transaction: Transaction) -> list[LastRun]:
    """When each daily job was last finished; those that never were are left out."""
    return _last_runs(transaction)
