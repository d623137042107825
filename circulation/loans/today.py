"""A branch's day as it goes: what was lent, returned and reserved, hour by hour.

It is read from the events themselves, so that the day need not be over; `statistics` has the days
that were counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import literal_column, select

from catalogue.database import Statement, Transaction, columns, many
from circulation.calendars.due_dates import end_of_day
from circulation.kernel.events import EventKind
from circulation.kernel.results import Branch
from circulation.kernel.schema import events

#: What is counted.
OF_A_DAY: Final = (
    EventKind.CHECKED_OUT,
    EventKind.CHECKED_IN,
    EventKind.RENEWED,
    EventKind.HOLD_PLACED,
)
#: A usual day is the mean of so many of the same weekday before it.
WEEKS: Final = 4


class _Happened(NamedTuple):
    kind: str
    at: datetime


@many(_Happened)
def _events_between(*, branch_id: int, after: datetime, until: datetime) -> Statement:
    return select(*columns(_Happened, events)).where(
        events.c.branch_id == branch_id,
        events.c.at > after,
        events.c.at <= until,
        events.c.kind.in_([literal_column(f"'{each.value}'") for each in OF_A_DAY]),
    )


class DayOfBranch(NamedTuple):
    """`counts` of the day by kind; by hour of the branch's clock what was `lent`, and what is
    lent on a `usual` day of the week."""

    counts: Mapping[EventKind, int]
    lent: Mapping[int, int]
    usual: Mapping[int, float]


def day_of_branch(transaction: Transaction, branch: Branch, day: date) -> DayOfBranch:
    """What has happened at the branch on that day so far."""
    counts, lent = _counted(transaction, branch, day)
    before: Counter[int] = Counter()
    for week in range(1, WEEKS + 1):
        before += _counted(transaction, branch, day - timedelta(weeks=week))[1]
    usual = {hour: number / WEEKS for hour, number in sorted(before.items())}
    return DayOfBranch(counts, dict(sorted(lent.items())), usual)


def _counted(
    transaction: Transaction, branch: Branch, day: date
) -> tuple[dict[EventKind, int], Counter[int]]:
    counts = dict.fromkeys(OF_A_DAY, 0)
    lent: Counter[int] = Counter()
    zone = ZoneInfo(branch.timezone)
    after = end_of_day(day - timedelta(1), branch.timezone)
    until = end_of_day(day, branch.timezone)
    for kind, at in _events_between(transaction, branch_id=branch.id, after=after, until=until):
        counts[EventKind(kind)] += 1
        if kind == EventKind.CHECKED_OUT.value:
            lent[at.astimezone(zone).hour] += 1
    return counts, lent
