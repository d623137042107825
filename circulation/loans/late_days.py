"""Days whose loans are counted again, because something of them became known later."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, scalars, send
from circulation.calendars.due_dates import local_date
from circulation.kernel.act import Act
from circulation.kernel.results import Branch
from circulation.loans.schema import late_days


@send
def _insert_day(*, day: date) -> Statement:
    return insert(late_days).values(day=day)


@scalars(date)
def _late_days(*, until: date) -> Statement:
    return select(late_days.c.day).where(late_days.c.day <= until).distinct()


@send
def _delete_days(*, until: date) -> Statement:
    return delete(late_days).where(late_days.c.day <= until)


def note_late_day(act: Act, at: datetime, branch: Branch) -> None:
    """Note that something has happened on a day that may have been counted."""
    if at >= act.now:
        return
    day = local_date(at, branch.timezone)
    if day < local_date(act.now, branch.timezone):
        _insert_day(act.transaction, day=day)


def take_late_days(transaction: Transaction, *, until: date) -> list[date]:
    """Return the days to be counted again, in order, and delete them."""
    found = sorted(_late_days(transaction, until=until))
    if found:
        _delete_days(transaction, until=until)
    return found
