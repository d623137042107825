"""When old events may be moved out: not before all that is made of them was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, literal_column, select, union

from catalogue.database import Statement, Transaction, scalar, scalars
from circulation.calendars.due_dates import end_of_day
from circulation.holds.purge import is_purge_due
from circulation.kernel.moves_out import moved_out_before
from circulation.kernel.schema import events, job_runs, loan_statistics, outbox
from circulation.kernel.set_up import SetUp
from circulation.loans.privacy import is_history_due
from circulation.loans.statistics import COUNTED

#: What is younger stays: desks look at the days of the last 400, and at those of four weeks before.
STAYS: Final = timedelta(days=430)


class CannotMoveOut(Exception):
    """Nothing is moved out, or nothing more; the text says why, `advice` what to do about it."""

    def __init__(self, why: str, advice: str = "") -> None:
        super().__init__(why)
        self.advice = advice


def beginning_of(day: date, set_up: SetUp) -> datetime:
    """When the day begins at the branch where it does so first."""
    return min(end_of_day(day - timedelta(1), zone) for zone in _zones(set_up))


def _zones(set_up: SetUp) -> set[str]:
    return {each.timezone for each in set_up.branches.values()} or {set_up.timezone}


@scalar(datetime)
def _first_event() -> Statement:
    return select(func.min(events.c.at, type_=events.c.at.type))


@scalars(date)
def _counted_days() -> Statement:
    """The days of which loans were counted; the job may have found none."""
    ran = select(job_runs.c.day).where(job_runs.c.job == "statistics")
    return union(ran, select(loan_statistics.c.day))


@scalar(int)
def _was_lent(*, after: datetime, until: datetime) -> Statement:
    kinds: list[ColumnElement[str]] = [literal_column(f"'{each.value}'") for each in COUNTED]
    of_the_day = events.c.at > after, events.c.at <= until, events.c.kind.in_(kinds)
    return select(literal_column("1")).where(exists(select(1).where(*of_the_day)))


@scalar(datetime)
def _first_untold() -> Statement:
    """When the first of the events was written that somebody is still to be told of."""
    first = select(func.min(outbox.c.event_id)).scalar_subquery()
    written = func.coalesce(events.c.recorded, events.c.at, type_=events.c.at.type)
    return select(written).where(events.c.id == first)


def _not_counted(transaction: Transaction, set_up: SetUp, before: date) -> Iterator[date]:
    """The days before that one with loans that the statistics lack, where they can be counted."""
    first = _first_event(transaction)
    if first is None:
        return
    day = max(first.date() - timedelta(1), moved_out_before(transaction) or date.min)
    zones, counted = _zones(set_up), set(_counted_days(transaction))
    while day < before:
        if day not in counted and _was_lent(
            transaction,
            after=min(end_of_day(day - timedelta(1), zone) for zone in zones),
            until=max(end_of_day(day, zone) for zone in zones),
        ):
            yield day
        day += timedelta(1)


def must_be_ready(transaction: Transaction, set_up: SetUp, *, before: date, now: datetime) -> None:
    """Raises CannotMoveOut while something is still to be made of the events before that day."""
    latest = (now - STAYS).date()
    if before > latest:
        raise CannotMoveOut(f"what happened since {latest} stays: no later day will do")
    moment = beginning_of(before, set_up)
    if is_history_due(transaction, moment, now):
        raise CannotMoveOut(
            "loans that ended long ago still name their patrons",
            "`tiro jobs run history` cuts them; then run this again.",
        )
    if is_purge_due(transaction, moment, now):
        raise CannotMoveOut(
            "holds that ended long ago still name their patrons",
            "`tiro jobs run closed-holds` deletes them; then run this again.",
        )
    untold = _first_untold(transaction)
    if untold is not None and untold < moment:
        raise CannotMoveOut(
            f"somebody is still to be told of what happened on {untold.date()}",
            "A server tells of it within seconds: start it, and run this again.",
        )
    day = next(_not_counted(transaction, set_up, before), None)
    if day is not None:
        raise CannotMoveOut(
            f"the loans of {day} are not counted, and could not be afterwards",
            f"`tiro jobs run statistics --date {day}` counts them; then run this again.",
        )
