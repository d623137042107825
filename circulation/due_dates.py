"""When a loan is due: the end of a day, as the clock on the library's wall shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_END_OF_DAY = time(23, 59, 59)


def local_date(moment: datetime, timezone: str) -> date:
    """The date at `moment` (aware) in the timezone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


@lru_cache(maxsize=4096)
def end_of_day(day: date, timezone: str) -> datetime:
    """23:59:59 of the day in the timezone, in UTC; the later one where the clock shows it twice."""
    local = datetime.combine(day, _END_OF_DAY.replace(fold=1), ZoneInfo(timezone))
    return local.astimezone(UTC)


def due_at(now: datetime, days: int, timezone: str) -> datetime:
    """When a loan made at `now` (aware) for `days` days is due, in UTC.

    0 days is the end of today. Raises OverflowError beyond the year 9999.
    """
    return end_of_day(local_date(now, timezone) + timedelta(days=days), timezone)
