"""Times of the day where a library is: when a digest goes out, when nothing may ring."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from circulation.calendars.due_dates import local_date
from circulation.notices.terms import parse_quiet, parse_time


def moment_at(day: date, at: time, timezone: str) -> datetime:
    """That time of the day there, as a moment; one that summer time leaves out is an hour later."""
    return datetime.combine(day, at, ZoneInfo(timezone)).astimezone(UTC)


def next_time(now: datetime, time_of_day: str, timezone: str) -> datetime:
    """When it is that time of the day next; today if it is not past."""
    at = parse_time(time_of_day)
    assert at is not None, "rules are checked when they are stored"
    today = local_date(now, timezone)
    found = moment_at(today, at, timezone)
    return found if found >= now else moment_at(today + timedelta(1), at, timezone)


def quiet_until(now: datetime, quiet: str, timezone: str) -> datetime | None:
    """When the quiet hours end, if they are now."""
    hours = parse_quiet(quiet)
    if hours is None:
        return None
    first, last = hours
    local = now.astimezone(ZoneInfo(timezone)).time()
    # Where they end before they begin they go over midnight.
    is_quiet = first <= local < last if first < last else local >= first or local < last
    return next_time(now, f"{last:%H:%M}", timezone) if is_quiet else None
