"""Due dates: the end of a local day, through summer time and all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.calendars.due_dates import due_at, end_of_day, local_date

COPENHAGEN = "Europe/Copenhagen"
START = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "days", "timezone", "due"),
    [
        ("2026-11-25T11:00", 28, COPENHAGEN, "2026-12-23T22:59:59"),
        ("2026-11-25T22:59", 0, COPENHAGEN, "2026-11-25T22:59:59"),
        ("2026-11-25T23:00", 0, COPENHAGEN, "2026-11-26T22:59:59"),
        ("2026-03-20T11:00", 14, COPENHAGEN, "2026-04-03T21:59:59"),  # summer time began
        ("2026-10-20T11:00", 14, COPENHAGEN, "2026-11-03T22:59:59"),  # and ended
        ("2026-02-15T11:00", 14, "UTC", "2026-03-01T23:59:59"),
        ("2024-02-15T11:00", 14, "UTC", "2024-02-29T23:59:59"),
        ("2026-11-25T11:00", 1, "America/Nuuk", "2026-11-27T01:59:59"),
        # Havana's clocks go back at one in the morning: midnight's hour comes twice.
        ("2026-10-30T12:00", 1, "America/Havana", "2026-11-01T03:59:59"),
    ],
)
def test_due(now: str, days: int, timezone: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert due_at(moment, days, timezone) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@given(
    st.integers(0, 99 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.integers(0, 400),
    st.sampled_from([COPENHAGEN, "America/Nuuk", "Atlantic/Faroe", "Asia/Kathmandu", "UTC"]),
)
def test_the_wall_shows_the_last_second_of_the_day(now: datetime, days: int, timezone: str) -> None:
    due = due_at(now, days, timezone)
    wall = due.astimezone(ZoneInfo(timezone))
    assert wall.strftime("%H:%M:%S") == "23:59:59"
    assert wall.date() == local_date(now, timezone) + timedelta(days=days)
    assert local_date(due + timedelta(seconds=1), timezone) > wall.date()
    assert due > now - timedelta(seconds=1)
    assert due.utcoffset() == timedelta(0)


def test_the_end_of_a_day_that_shows_midnight_twice_is_the_later() -> None:
    # In 2001 Nuuk's clocks went back at the end of a Saturday, so that 23:59:59 came twice.
    day = date(2001, 10, 27)
    end = end_of_day(day, "America/Nuuk")
    assert local_date(end, "America/Nuuk") == day
    assert local_date(end + timedelta(seconds=1), "America/Nuuk") == day + timedelta(days=1)
