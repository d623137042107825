"""Days as a calendar writes them: one date, the same date every year, days around Easter, periods.

    2026-12-24              one date
    12-24                   every year
    easter-2                Good Friday: days before or after Easter Sunday (`easter` itself is +0)
    2026-07-01..2026-07-31  a period, both days included
    12-24..01-01            the same every year, through the new year too
    easter-3..easter+1      and around Easter

Easter is that of the Gregorian calendar. 29 February only occurs in leap years.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from functools import lru_cache

_DATE = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})", re.ASCII)
_EASTER = re.compile(r"easter(?:([+-])(\d{1,2}))?", re.ASCII)


@lru_cache(maxsize=512)
def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, from the golden number and the epact."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leap_years, year_rest = divmod(of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    correction = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of one year, or of every year if `year` is None.

    `easter` is the offset from Easter Sunday; without it, `month` and `day` say when.
    """

    year: int | None = None
    month: int = 0
    day: int = 0
    easter: int | None = None

    def in_year(self, year: int) -> date | None:
        """The date of the day in the year, or None if it does not occur in it."""
        if self.year not in (None, year):
            return None
        if self.easter is not None:
            return easter_sunday(year) + timedelta(days=self.easter)
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None

    def __str__(self) -> str:
        if self.easter is not None:
            return f"easter{self.easter:+}" if self.easter else "easter"
        text = f"{self.month:02}-{self.day:02}"
        return text if self.year is None else f"{self.year:04}-{text}"


@dataclass(frozen=True, slots=True)
class Days:
    """A period from `first` to `last`, both included; a single day if they are the same."""

    first: Day
    last: Day

    @property
    def comes_every_year(self) -> bool:
        return self.first.year is None

    def within(self, year: int) -> list[tuple[date, date]]:
        """The periods that begin in the year, as pairs of dates: one or none."""
        first = self.first.in_year(year)
        if first is None:
            return []
        if self.last.year is not None:
            last = self.last.in_year(self.last.year)
        else:
            last = self.last.in_year(year)
            if last is not None and last < first and year < MAXYEAR:
                last = self.last.in_year(year + 1)
        return [] if last is None or last < first else [(first, last)]

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


def parse_day(text: str) -> Day | None:
    """A day as described above, or None."""
    if easter := _EASTER.fullmatch(text):
        offset = int(easter[2] or 0)
        return Day(easter=-offset if easter[1] == "-" else offset)
    if not (found := _DATE.fullmatch(text)):
        return None
    year = int(found[1]) if found[1] else None
    day = Day(year, int(found[2]), int(found[3]))
    if year is not None and not MINYEAR < year < MAXYEAR:
        return None
    return day if day.in_year(2000 if year is None else year) else None  # 2000 was a leap year


def parse_days(text: str) -> Days | None:
    """A day or a period as described above; None if it is neither, or ends before it begins."""
    written = text.split("..")
    if len(written) > 2:
        return None
    first, last = parse_day(written[0].strip()), parse_day(written[-1].strip())
    if first is None or last is None or (first.year is None) != (last.year is None):
        return None
    days = Days(first, last)
    if first.year is not None and not days.within(first.year):
        return None
    return days


def parse_until(text: str) -> Day | None:
    """The fixed date of a loan: one date, or the same date every year."""
    day = parse_day(text)
    return None if day is None or day.easter is not None else day


def next_date(day: Day, after: date) -> date | None:
    """The next date of the day, on `after` at the earliest; None if it never occurs again."""
    # There is a 29 February within eight years, even around 1900 and 2100.
    for year in range(after.year, min(after.year + 9, MAXYEAR)):
        found = day.in_year(year)
        if found is not None and found >= after:
            return found
    if day.year is not None and (fixed := day.in_year(day.year)) is not None and fixed >= after:
        return fixed
    return None
