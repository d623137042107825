"""When a branch is open: its week, special days and closures, and what follows for due dates.

    calendar = Calendar(week=Week(...), branch_days=(...), ...)
    calendar.hours(date(2026, 12, 24))          # () where it is closed
    calendar.next_open_day(date(2026, 12, 24))

The first of these that says anything about a day decides: a closure, the special days of the
branch, those of its agency, the week of the branch, that of its agency. If there is no week, the
branch is open around the clock every day. Among several special days of one owner a dated one
takes precedence over a yearly one, then the shorter period over the longer, then closed over open.

No database and no clock is used here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from circulation.calendars.days import Days

MIDNIGHT = 24 * 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: How far ahead an open day is looked for. A branch closed for longer moves no due dates.
HORIZON = timedelta(days=800)


class Span(NamedTuple):
    """When the doors are open, in minutes after midnight; `closes` is at most 1440."""

    opens: int
    closes: int


Hours = tuple[Span, ...]
ROUND_THE_CLOCK: Hours = (Span(0, MIDNIGHT),)

_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*-\s*(\d{1,2})(?::(\d{2}))?", re.ASCII)


def parse_hours(text: str) -> Hours | None:
    """Parses ``10-18``, ``10:00-12:30, 14-18`` or ``closed``; None if it is none of these.

    The spans must be in order, with a pause between them.
    """
    if text.strip() in ("", "closed"):
        return ()
    spans = []
    for part in text.split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            return None
        opens, closes = (
            int(hours) * 60 + int(minutes or 0)
            for hours, minutes in ((found[1], found[2]), (found[3], found[4]))
        )
        if max(int(found[2] or 0), int(found[4] or 0)) > 59 or not opens < closes <= MIDNIGHT:
            return None
        spans.append(Span(opens, closes))
    if any(later.opens <= earlier.closes for earlier, later in pairwise(spans)):
        return None
    return tuple(spans)


def hours_text(hours: Hours) -> str:
    """What `parse_hours` reads, always written in the same way."""
    return ", ".join(
        f"{span.opens // 60:02}:{span.opens % 60:02}-{span.closes // 60:02}:{span.closes % 60:02}"
        for span in hours
    )


class SpecialDays(NamedTuple):
    """A day or period with hours of its own; none if it is closed."""

    days: Days
    hours: Hours
    note: str = ""


class ClosedPeriod(NamedTuple):
    """The days of an emergency closure, both included.

    `alternative_id` is the branch where holds are fetched in the meantime.
    """

    first: date
    last: date
    alternative_id: int | None = None


#: The hours of each weekday, Monday first.
Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
OPEN_WEEK: Week = (ROUND_THE_CLOCK,) * 7


@dataclass(frozen=True)
class Calendar:
    """The opening hours of a branch. Immutable, except that it remembers days already computed."""

    timezone: str
    week: Week = OPEN_WEEK
    branch_days: tuple[SpecialDays, ...] = ()
    agency_days: tuple[SpecialDays, ...] = ()
    closures: tuple[ClosedPeriod, ...] = ()
    _known: dict[date, Hours] = field(default_factory=dict, repr=False, compare=False)

    def hours(self, day: date) -> Hours:
        """When the branch is open on the day; empty if it is closed."""
        hours = self._known.get(day)
        if hours is None:
            if len(self._known) > 4_000:
                self._known.clear()
            hours = self._known[day] = self._hours(day)
        return hours

    def _hours(self, day: date) -> Hours:
        if self.closures_on(day):
            return ()
        special = self._special_days(day)
        return self.week[day.weekday()] if special is None else special.hours

    def _special_days(self, day: date) -> SpecialDays | None:
        """Return the special days that decide on the day; None if its week does."""
        of_branch = _deciding(self.branch_days, day)
        return _deciding(self.agency_days, day) if of_branch is None else of_branch

    def note_on(self, day: date) -> str:
        """Return the note of the special days that decide on the day."""
        special = self._special_days(day)
        return "" if special is None else special.note

    def closures_on(self, day: date) -> list[ClosedPeriod]:
        """Return the emergency closures that include the day."""
        return [each for each in self.closures if each.first <= day <= each.last]

    def is_open(self, day: date) -> bool:
        return bool(self.hours(day))

    def next_open_day(self, day: date) -> date:
        """The day itself if the branch is open, else the next day when it is.

        Also the day itself if the branch does not open again within `HORIZON`.
        """
        if self.is_open(day):  # as it mostly is, and every due date asks
            return day
        return next(filter(self.is_open, _days_from(day)), day)

    def open_days_between(self, first: date, last: date) -> int:
        """How many open days there are after `first`, up to and including `last`."""
        days = (last - first).days
        return sum(self.is_open(first + timedelta(days=number)) for number in range(1, days + 1))

    def is_open_at(self, moment: datetime) -> bool:
        """Are the doors open at `moment` (aware)? They still are at closing time."""
        local = moment.astimezone(ZoneInfo(self.timezone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        minutes = (local - midnight) / timedelta(minutes=1)  # as the wall shows them
        if any(span.opens <= minutes <= span.closes for span in self.hours(local.date())):
            return True
        # Midnight also belongs to the day before, if that is open until then.
        return minutes == 0 and any(
            span.closes == MIDNIGHT for span in self.hours(local.date() - timedelta(days=1))
        )

    def next_opening(self, moment: datetime) -> datetime:
        """`moment` itself if the branch is open then, else its next opening, in UTC."""
        if self.is_open_at(moment):
            return moment
        zone = ZoneInfo(self.timezone)
        for day in _days_from(moment.astimezone(zone).date()):
            for span in self.hours(day):
                # An opening at midnight is written as 00:00, so it is always a time of this day.
                wall = time(span.opens // 60, span.opens % 60)
                opening = datetime.combine(day, wall, zone).astimezone(UTC)
                if opening > moment:
                    return opening
        return moment


def _days_from(day: date) -> Iterator[date]:
    """The day and those that follow it, up to `HORIZON`."""
    last = min(day, date.max - HORIZON) + HORIZON
    return (day + timedelta(days=number) for number in range((last - day).days + 1))


def _deciding(days: Iterable[SpecialDays], day: date) -> SpecialDays | None:
    """The special days of one owner that decide on the day."""
    holding = []
    for special in days:
        for first, last in _periods_near(special.days, day):
            if first <= day <= last:
                rank = (special.days.comes_every_year, (last - first).days, bool(special.hours))
                holding.append((rank, str(special.days), special))
    return min(holding, key=lambda found: found[:2])[2] if holding else None


def _periods_near(days: Days, day: date) -> list[tuple[date, date]]:
    """All periods that may include the day; a yearly one lasts a year at most."""
    if days.first.year is not None:
        return days.within(days.first.year)
    years = range(max(day.year - 1, date.min.year + 1), min(day.year + 2, date.max.year))
    return [period for year in years for period in days.within(year)]
