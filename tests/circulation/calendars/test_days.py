"""Days as calendars write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.calendars.days import (
    Day,
    easter_sunday,
    next_date,
    parse_day,
    parse_days,
    parse_until,
)

DATES = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (1818, "1818-03-22"),  # the earliest there can be
        (1943, "1943-04-25"),  # the latest
        (1961, "1961-04-02"),
        (2000, "2000-04-23"),
        (2024, "2024-03-31"),
        (2025, "2025-04-20"),
        (2026, "2026-04-05"),
        (2027, "2027-03-28"),
        (2038, "2038-04-25"),
        (2285, "2285-03-22"),
    ],
)
def test_easter(year: int, sunday: str) -> None:
    assert easter_sunday(year).isoformat() == sunday


@given(st.integers(1583, 4099))
def test_easter_is_a_sunday_in_spring(year: int) -> None:
    easter = easter_sunday(year)
    assert easter.weekday() == 6
    assert date(year, 3, 22) <= easter <= date(year, 4, 25)


@pytest.mark.parametrize(
    "text",
    [
        *("", "24-12", "12-32", "02-30", "2025-02-29", "0000-01-01", "9999-01-01", "easter+"),
        *("easter+100", "Easter", "12-24..", "12-24..12-25..12-26", "2026-07-31..2026-07-01"),
        *("2026-12-24..12-26", "١٢-٢٤", "12 24"),
    ],
)
def test_what_is_no_day(text: str) -> None:
    assert parse_days(text) is None


@given(st.integers(-99, 99), DATES)
def test_days_are_read_as_they_are_written(offset: int, day: date) -> None:
    for written in (
        Day(easter=offset),
        Day(day.year, day.month, day.day),
        Day(None, day.month, day.day),
    ):
        assert parse_day(str(written)) == written
    assert parse_until(f"easter{offset:+}") is None


@given(DATES, st.integers(0, 300))
def test_a_period_of_every_year_goes_through_the_new_year(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    days = parse_days(f"{first:%m-%d}..{last:%m-%d}")
    assert days is not None
    if (first.month, first.day) != (2, 29) and (last.month, last.day) != (2, 29):
        assert days.within(first.year) == [(first, last)]


@given(DATES, DATES)
def test_the_next_time_a_day_comes(day: date, after: date) -> None:
    yearly = next_date(Day(None, day.month, day.day), after)
    assert yearly is not None
    assert after <= yearly <= after + timedelta(days=8 * 366)
    assert (yearly.month, yearly.day) == (day.month, day.day)
    assert next_date(Day(day.year, day.month, day.day), after) == (day if day >= after else None)
