"""Days and due dates in the local time of the library.

A loan counted in days is due at the end of a day. The rules say how long a loan is: see
`circulation.kernel.loan_lengths`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from circulation.calendars.opening_hours import Calendar

_END_OF_DAY = time(23, 59, 59)


@lru_cache(maxsize=1024)  # a verb asks of its one moment several times
def local_date(moment: datetime, timezone: str) -> date:
    """The date at `moment` (aware) in the timezone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


@lru_cache(maxsize=4096)
def end_of_day(day: date, timezone: str) -> datetime:
    """23:59:59 of the day in the timezone, in UTC; the later one if it occurs twice."""
    local = datetime.combine(day, _END_OF_DAY.replace(fold=1), ZoneInfo(timezone))
    return local.astimezone(UTC)


def whole_day(moment: datetime, timezone: str) -> datetime:
    """The end of the day if the moment is midnight in the timezone; any other moment unchanged.

    Libraries that lend for days write the last day as its midnight.
    """
    local = moment.astimezone(ZoneInfo(timezone))
    return end_of_day(local.date(), timezone) if local.time() == time() else moment


def start_of_day(day: date, timezone: str) -> datetime:
    """The first second of the day in the timezone, in UTC."""
    return end_of_day(day - timedelta(days=1), timezone) + timedelta(seconds=1)


def due_at(now: datetime, days: int, timezone: str) -> datetime:
    """When a loan made at `now` (aware) for `days` days is due, in UTC, on whatever day that is.

    0 days means the end of today. Raises OverflowError beyond the year 9999.
    """
    return end_of_day(local_date(now, timezone) + timedelta(days=days), timezone)


def moved_past_closing(due: datetime, calendar: Calendar) -> datetime:
    """The due date itself if the branch is open then, else the next time when it is.

    The end of a day becomes the end of the next open day, any other time the next opening.
    """
    day = local_date(due, calendar.timezone)
    if due == end_of_day(day, calendar.timezone):
        return end_of_day(calendar.next_open_day(day), calendar.timezone)
    return calendar.next_opening(due)
