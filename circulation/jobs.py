"""What is done once a day: jobs that may be run for any day, and again, without harm.

A job is a step that does a part of the work for a day and says whether there is more; every step
is a transaction of its own, so that nothing waits long for a night's work. A job works from the
day and from what the database holds, never from whether it has run: `job_runs` only tells people.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Database
from catalogue.statements import Transaction, many, scalar, send
from circulation.auto_renewals import renew_automatically
from circulation.booking.closing import close_bookings_over
from circulation.booking.placements import move_placements
from circulation.engine import Circulation
from circulation.fees.debts import block_warned
from circulation.hold_expiry import AT_MOST, expire_holds
from circulation.hold_purge import purge_holds
from circulation.personal_data import forget_accesses
from circulation.personal_history import cut_old_history
from circulation.pin_rules import forget_old_failures
from circulation.replies import forget_replies
from circulation.schema import job_runs
from circulation.statistics import count_day

#: How long the log of who looked at patrons is kept.
ACCESS_LOG_DAYS = 365
#: How long answers are kept for machines that ask again: far longer than any of them tries.
REPLY_HOURS = 2


class Step(NamedTuple):
    """What a step has done, and from where the next goes on; None: the job is done."""

    counts: dict[str, int]
    goes_on: int | None = None


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
        return min(_end_of(self.day), self.now)


class Job(NamedTuple):
    """A job, and what it is for in a few words."""

    about: str
    step: Callable[[Doing], Step]


class Ran(NamedTuple):
    """A job that was run for a day: what it has counted, and how often it was run for that day."""

    job: str
    day: date
    ran: datetime
    runs: int
    counts: dict[str, int]


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(1), time(), UTC)


def _history(doing: Doing) -> Step:
    cut, is_more = cut_old_history(doing.transaction, doing.day, doing.now)
    return Step({"loans cut": cut}, 0 if is_more else None)


def _statistics(doing: Doing) -> Step:
    return Step({"events counted": count_day(doing.transaction, doing.day)})


def _pins(doing: Doing) -> Step:
    return Step({"tries forgotten": forget_old_failures(doing.transaction, doing.until)})


def _holds(doing: Doing) -> Step:
    ended = len(expire_holds(doing.transaction, now=doing.until))
    return Step({"holds ended": ended}, 0 if ended == AT_MOST else None)


def _closed_holds(doing: Doing) -> Step:
    purged, is_more = purge_holds(doing.transaction, doing.until)
    return Step({"holds deleted": purged}, 0 if is_more else None)


def _renewals(doing: Doing) -> Step:
    """Of what falls due by the end of the next day; for a day long past that is nothing."""
    within = _end_of(doing.day + timedelta(1)) - doing.now
    if within <= timedelta(0):
        return Step({"loans renewed": 0})
    done = renew_automatically(
        doing.circulation, doing.transaction, now=doing.now, within=within, after_id=doing.after
    )
    return Step({"loans renewed": len(done.renewed)}, done.last_id)


def _bookings(doing: Doing) -> Step:
    ended, goes_on = close_bookings_over(
        doing.transaction, day=doing.day, now=doing.now, after=doing.after
    )
    return Step({"bookings ended": ended}, goes_on)


def _placements(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    sent, goes_on = move_placements(
        doing.transaction, set_up, day=doing.day, now=doing.now, after=doing.after
    )
    return Step({"items sent on": sent}, goes_on)


def _access_log(doing: Doing) -> Step:
    before = doing.until - timedelta(days=ACCESS_LOG_DAYS)
    return Step({"lines deleted": forget_accesses(doing.transaction, before)})


def _replies(doing: Doing) -> Step:
    deleted, is_more = forget_replies(doing.transaction, doing.until - timedelta(hours=REPLY_HOURS))
    return Step({"answers deleted": deleted}, 0 if is_more else None)


def _debts(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    blocked, goes_on = block_warned(
        doing.transaction, set_up, now=doing.until, after=doing.after
    )
    return Step({"patrons blocked": len(blocked)}, goes_on)


#: By name, in the order in which they are run.
JOBS: dict[str, Job] = {
    "renewals": Job("renew loans by themselves where the rules say so", _renewals),
    "holds": Job("end holds whose interest period is over", _holds),
    "debts": Job("block who was warned of a debt and owes it still", _debts),
    "bookings": Job("end bookings whose last day is past", _bookings),
    "placements": Job("send deposits and themes to their next station, or home", _placements),
    "statistics": Job("count the loans of the day", _statistics),
    "history": Job("cut ended loans from their patrons", _history),
    "closed-holds": Job("delete holds that ended some weeks ago", _closed_holds),
    "pins": Job("forget wrong PINs that count no more", _pins),
    "access-log": Job("delete old lines of the access log", _access_log),
    "replies": Job("delete answers kept for machines that ask again", _replies),
}

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


def run_job(
    circulation: Circulation, database: Database, name: str, *, day: date, now: datetime
) -> Ran:
    """Runs a job for a day to its end, step by step, and notes it.

    Raises KeyError for a name that is not in `JOBS`, ValueError for a day in the future.
    """
    job = JOBS[name]
    if day > now.date() + timedelta(1):  # somewhere it may be tomorrow already
        raise ValueError(f"{day} has not come yet")
    counts: Counter[str] = Counter()
    after: int | None = 0
    while after is not None:

        def step(transaction: Transaction, after: int = after) -> Step:
            return job.step(Doing(circulation, transaction, day, now, after))

        done = database.write(step).result()
        counts.update(done.counts)
        after = done.goes_on

    def note(transaction: Transaction) -> Ran:
        runs = (_runs(transaction, name, day) or 0) + 1
        _forget_run(transaction, name, day)
        _insert_run(transaction, name, day, now, runs, json.dumps(counts))
        return Ran(name, day, now, runs, dict(counts))

    return database.write(note).result()


def runs_since(transaction: Transaction, first: date) -> list[Ran]:
    """The runs for the days from `first` on, by day and name."""
    return _all_runs(transaction, first)
