"""Opening hours: what decides on a day, and the next day that is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.calendars.days import parse_days
from circulation.calendars.opening_hours import (
    HORIZON,
    MIDNIGHT,
    OPEN_WEEK,
    Calendar,
    ClosedPeriod,
    Hours,
    Span,
    SpecialDays,
    hours_text,
    parse_hours,
)

COPENHAGEN = "Europe/Copenhagen"


def hours(text: str) -> Hours:
    parsed = parse_hours(text)
    assert parsed is not None
    return parsed


def special(days: str, open_hours: str = "closed") -> SpecialDays:
    parsed = parse_days(days)
    assert parsed is not None
    return SpecialDays(parsed, hours(open_hours))


MORNING, LONG = hours("10-12"), hours("10-18")
WEEKDAYS_ONLY = (LONG, LONG, LONG, LONG, LONG, (), ())


def test_hours_are_read() -> None:
    assert hours("10-18") == (Span(600, 1080),)
    assert hours("9:30-12, 13:00-24:00") == (Span(570, 720), Span(780, MIDNIGHT))
    assert hours("closed") == ()


@pytest.mark.parametrize(
    "text",
    ["10", "18-10", "10-10", "10-25", "10:60-12", "10-12,11-13", "10-12, 12-14", "10-12 13-14",
     "ten-twelve", "10-12,", "24:01-25", "10-18:75"],
)  # fmt: skip
def test_what_is_no_hours(text: str) -> None:
    assert parse_hours(text) is None


SPANS = (
    st.lists(st.integers(0, MIDNIGHT), min_size=2, max_size=6, unique=True)
    .map(sorted)
    .map(lambda times: tuple(Span(*pair) for pair in zip(times[::2], times[1::2], strict=False)))
)


@given(SPANS)
def test_hours_are_read_as_they_are_written(spans: Hours) -> None:
    assert parse_hours(hours_text(spans)) == spans


def test_without_a_calendar_every_day_is_open() -> None:
    calendar = Calendar(COPENHAGEN)
    assert calendar.week == OPEN_WEEK
    assert calendar.is_open(date(2026, 12, 25))
    midnight = datetime(2026, 12, 25, tzinfo=UTC)
    assert calendar.next_opening(midnight) == midnight


def test_who_decides_on_a_day() -> None:
    """Closure, branch, agency, week; dated before yearly, short before long, closed before open."""
    day = date(2026, 12, 24)  # a Thursday
    calendar = Calendar(COPENHAGEN, WEEKDAYS_ONLY)
    assert calendar.hours(day) == LONG
    agency = (special("12-20..01-05", "11-12"), special("12-24..12-26"))
    assert Calendar(COPENHAGEN, WEEKDAYS_ONLY, (), agency).hours(day) == ()
    assert Calendar(COPENHAGEN, WEEKDAYS_ONLY, (), agency).hours(date(2027, 1, 5)) == hours("11-12")
    branch = (special("12-24", "10-12"),)
    assert Calendar(COPENHAGEN, WEEKDAYS_ONLY, branch, agency).hours(day) == MORNING
    dated = (*branch, special("2026-12-01..2026-12-31", "8-9"))
    assert Calendar(COPENHAGEN, WEEKDAYS_ONLY, dated, agency).hours(day) == hours("8-9")
    tie = (special("06-05", "8-9"), special("easter+61"))  # the same day in 2026
    assert Calendar(COPENHAGEN, WEEKDAYS_ONLY, tie).hours(date(2026, 6, 5)) == ()
    assert Calendar(COPENHAGEN, WEEKDAYS_ONLY, tie).hours(date(2028, 6, 5)) == hours("8-9")
    closed = Calendar(COPENHAGEN, WEEKDAYS_ONLY, dated, agency, (ClosedPeriod(day, day),))
    assert closed.hours(day) == ()
    assert closed.next_open_day(day) == date(2026, 12, 25)


def test_easter_in_a_calendar() -> None:
    calendar = Calendar(COPENHAGEN, WEEKDAYS_ONLY, (special("easter-3..easter+1"),))
    assert calendar.next_open_day(date(2026, 4, 2)) == date(2026, 4, 7)
    assert calendar.open_days_between(date(2026, 4, 1), date(2026, 4, 8)) == 2


def test_a_closed_period_may_last_for_years() -> None:
    calendar = Calendar(COPENHAGEN, WEEKDAYS_ONLY, (special("2026-12-01..2028-12-31"),))
    assert not calendar.is_open(date(2028, 6, 1))
    assert calendar.next_open_day(date(2027, 12, 31)) == date(2029, 1, 1)


def test_a_branch_that_never_opens_moves_nothing() -> None:
    calendar = Calendar(COPENHAGEN, ((),) * 7)
    day = date(2026, 12, 24)
    noon = datetime(2026, 12, 24, 12, tzinfo=UTC)
    assert calendar.next_open_day(day) == day
    assert calendar.next_opening(noon) == noon
    assert calendar.next_open_day(date.max) == date.max


def test_the_next_opening() -> None:
    calendar = Calendar(COPENHAGEN, WEEKDAYS_ONLY)
    friday = datetime(2026, 11, 27, tzinfo=ZoneInfo(COPENHAGEN))
    monday_at_ten = datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert calendar.next_opening(friday.replace(hour=18)) == friday.replace(hour=18)
    assert calendar.next_opening(friday.replace(hour=18, second=1)) == monday_at_ten
    assert calendar.next_opening(friday.replace(hour=9)) == friday.replace(hour=10)


DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
OPEN_HOURS = st.sampled_from([(), MORNING, LONG, hours("8-10, 12-24")])
SPECIAL = st.builds(
    lambda first, length, yearly, opening: SpecialDays(
        parse_days(
            f"{first:%m-%d}..{first + timedelta(days=length):%m-%d}"
            if yearly
            else f"{first}..{first + timedelta(days=length)}"
        )
        or special("12-24").days,
        opening,
    ),
    DAYS,
    st.integers(0, 40),
    st.booleans(),
    OPEN_HOURS,
)
CALENDARS = st.builds(
    Calendar,
    st.sampled_from([COPENHAGEN, "America/Nuuk", "UTC"]),
    st.tuples(*[OPEN_HOURS] * 7),
    st.lists(SPECIAL, max_size=4).map(tuple),
    st.lists(SPECIAL, max_size=4).map(tuple),
    st.lists(
        st.builds(
            lambda day, length: ClosedPeriod(day, day + timedelta(days=length)),
            DAYS,
            st.integers(0, 20),
        ),
        max_size=2,
    ).map(tuple),
)


@given(CALENDARS, DAYS)
def test_the_next_open_day_is_open_and_the_first(calendar: Calendar, day: date) -> None:
    found = calendar.next_open_day(day)
    assert day <= found <= day + HORIZON
    assert calendar.next_open_day(found) == found
    if calendar.is_open(found):
        between = [day + timedelta(days=number) for number in range((found - day).days)]
        assert not any(calendar.is_open(each) for each in between)
        assert calendar.open_days_between(day - timedelta(days=1), found) == 1
    else:
        assert found == day


MOMENTS = st.integers(0, 15 * 365 * 24 * 60 * 60).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(CALENDARS, MOMENTS)
def test_the_next_opening_is_open(calendar: Calendar, moment: datetime) -> None:
    found = calendar.next_opening(moment)
    assert moment <= found
    assert calendar.next_opening(found) == found
    if found != moment:
        assert calendar.is_open_at(found)
        wall = found.astimezone(ZoneInfo(calendar.timezone))
        assert wall.time().replace(second=0, microsecond=0) == wall.time() != time.max
        assert not calendar.is_open_at(moment)
