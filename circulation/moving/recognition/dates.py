"""Which form dates have: told from the dates themselves, as far as they tell it.

A day above 12 tells whether the day or the month comes first. Dates none of whose numbers is above
12 tell nothing, and are counted as ambiguous.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

ISO: Final = "ISO 8601"
#: How a plan that lists other forms names it.
ISO_FORMS: Final = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
#: What systems write in place of a date that is not known, or never comes.
_FILLERS: Final = frozenset(
    {(1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1901, 1, 1)}
    | {(9999, 12, 31), (9999, 1, 1), (9999, 9, 9), (2999, 12, 31)}
)
#: Years from which a day is never.
FIRST_NEVER: Final = 2999
_TIME: Final = (
    r"(?P<gap>[ T]+)(?P<hour>\d{1,2})[:.]\d\d(?P<second>[:.]\d\d)?(?P<part>[.,]\d+)?"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:Z|[+-]\d\d:?\d\d))?"
)
#: Forms of a time after a day that ISO 8601 has.
_ISO_TIME: Final = re.compile("[ T]%H:%M(:%S)?([.,]%f)?(%z)?")
_DATE: Final = re.compile(
    r"(?:(?P<iso>\d{4}-\d\d-\d\d)"
    r"|(?P<year>\d{4})(?P<by>[/.])(?P<ym>\d\d?)(?P=by)(?P<yd>\d\d?)"
    r"|(?P<first>\d\d?)(?P<sep>[-/.])(?P<second_>\d\d?)(?P=sep)(?P<last>\d{4}|\d\d)"
    r"|(?P<plain>\d{8})"
    rf")(?:{_TIME})?",
    re.ASCII,
)


class _Form(NamedTuple):
    """Everything of a form but whether the day or the month comes first."""

    parts: str  # with {0} and {1} for the two
    time: str

    def strptime(self, *, is_day_first: bool) -> str:
        first, second = ("%d", "%m") if is_day_first else ("%m", "%d")
        return self.parts.replace("{0}", first).replace("{1}", second) + self.time


@dataclass(slots=True)
class _Counts:
    dates: int = 0
    day_first: int = 0  # the first number is above 12
    month_first: int = 0  # the second one is


class DateForm(NamedTuple):
    """A form of dates, for `dates` of a plan; `other` is the one that it may be as well, where
    nothing tells which. `ambiguous` of its dates can be read in both ways."""

    form: str
    number: int
    ambiguous: int = 0
    other: str = ""


@dataclass(slots=True)
class DateForms:
    """The forms of the dates that were seen."""

    _counts: dict[_Form, _Counts] = field(default_factory=dict)

    def see(self, text: str, number: int = 1) -> bool:
        """Count a text that was found so often; return whether it may be a date."""
        found = _DATE.fullmatch(text)
        if found is None:
            return False
        form = _form_of(found)
        first, second = _two(found) if "{0}" in form.parts else (0, 0)
        if first > 12 and second > 12:  # neither is a month
            return False
        counts = self._counts.setdefault(form, _Counts())
        counts.dates += number
        counts.day_first += number * (first > 12)
        counts.month_first += number * (second > 12)
        return True

    def forms(self) -> list[DateForm]:
        """Return the forms, the most frequent first."""
        found: list[DateForm] = []
        for form, counts in self._counts.items():
            if "{0}" not in form.parts:
                found.append(DateForm(form.parts + form.time, counts.dates))
                continue
            ambiguous = counts.dates - counts.day_first - counts.month_first
            day, month = form.strptime(is_day_first=True), form.strptime(is_day_first=False)
            if not counts.day_first and not counts.month_first:
                found.append(DateForm(day, counts.dates, ambiguous, month))
                continue
            is_day = counts.day_first >= counts.month_first
            for text, number, is_most in (
                (day, counts.day_first, is_day),
                (month, counts.month_first, not is_day),
            ):
                if number:  # what tells nothing is of the form that most of the others are of
                    its = ambiguous if is_most else 0
                    found.append(DateForm(text, number + its, its))
        return sorted(found, key=lambda each: -each.number)

    def advise(self, planned: tuple[str, ...], *, is_iso_read: bool = False) -> str:
        """Return what to write where dates could not be read by the forms of the plan.

        `is_iso_read`: the plan lists no forms, and other dates were read as ISO 8601.
        """
        known = {*planned, *(() if planned and ISO_FORMS[0] not in planned else (ISO,))}
        forms = self.forms()
        missing = [each for each in forms if known.isdisjoint((each.form, each.other))]
        if not missing:
            return ""
        number = sum(each.number for each in missing)
        told, they, look = f"{number:,} dates cannot be read", "they", "look"
        if number == 1:
            told, they, look = "1 date cannot be read", "it", "looks"
        if len(missing) == 1 and missing[0].other:
            either = f"{missing[0].form} or {missing[0].other}"
            return f"{told}; {they} may be {either}: ask which, and write it in dates"
        seen = {each.form for each in forms}
        swapped = [f for each in missing if (f := _swapped(each.form)) in planned and f not in seen]
        wanted = [each for each in planned if each not in swapped]
        if is_iso_read or any(each.form == ISO for each in missing):
            wanted = [*ISO_FORMS, *wanted]
        wanted = [*dict.fromkeys([*wanted, *(each.form for each in missing if each.form != ISO)])]
        looks = ", ".join(
            each.form + (f" or {each.other}" if each.other else "") for each in missing
        )
        told = f"{told}; {they} {look} like {looks}: write dates = {_listed(wanted)}"
        if swapped:
            told += (
                f"; {', '.join(swapped)} of the plan has days and months the other way round, so "
                "dates that were read by it are wrong too"
            )
        if any(each.other for each in missing):
            told += "; where two forms are named, ask which it is"
        return told


def _swapped(form: str) -> str:
    return form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")


def _listed(forms: list[str]) -> str:
    return "[" + ", ".join(f'"{each}"' for each in forms) + "]"


def _two(found: re.Match[str]) -> tuple[int, int]:
    if plain := found["plain"]:
        return int(plain[:2]), int(plain[2:4])
    return int(found["first"]), int(found["second_"])


def _form_of(found: re.Match[str]) -> _Form:
    if found["iso"]:
        told = _time(found)
        is_iso = not told or (len(found["hour"]) == 2 and _ISO_TIME.fullmatch(told) is not None)
        return _Form(ISO, "") if is_iso else _Form("%Y-%m-%d", told)
    if found["year"]:
        by = found["by"]
        return _Form(f"%Y{by}%m{by}%d", _time(found))
    if plain := found["plain"]:
        is_year_first = plain[:2] in ("18", "19", "20", "99") and _is_day(plain[4:6], plain[6:])
        return _Form("%Y%m%d" if is_year_first else "{0}{1}%Y", _time(found))
    sep = found["sep"]
    year = "%Y" if len(found["last"]) == 4 else "%y"
    return _Form(f"{{0}}{sep}{{1}}{sep}{year}", _time(found))


def _is_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _time(found: re.Match[str]) -> str:
    if found["hour"] is None:
        return ""
    told = found["gap"] + ("%I" if found["half"] else "%H")
    told += found[0][found.end("hour")] + "%M"
    if found["second"]:
        told += found["second"][0] + "%S"
    if found["part"]:
        told += found["part"][0] + "%f"
    if found["half"]:
        told += (" " if found["half"].startswith(" ") else "") + "%p"
    if found["zone"]:
        told += (" " if found["zone"].startswith(" ") else "") + "%z"
    return told


@cache
def is_date_form(text: str) -> bool:
    """Return whether the text has the form of a date."""
    return _DATE.fullmatch(text) is not None


def read_day(text: str, form: str) -> date | None:
    """Return the day that a text names in that form; None where it is no such day."""
    try:
        if form == ISO:
            return datetime.fromisoformat(text).date()
        return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None


def tell_filler(text: str, day: date | None) -> str:
    """Return the day as text where it stands for no day at all: 1899-12-30, 0000-00-00. `text` has
    no time."""
    if day is None:
        digits = re.sub(r"\D", "", text)
        return "0000-00-00" if len(digits) >= 6 and not digits.strip("0") else ""
    is_filler = (day.year, day.month, day.day) in _FILLERS or day.year >= 9990
    return day.isoformat() if is_filler else ""


@dataclass(slots=True)
class ZoneForms:
    """Times without a zone, and whether they are UTC: due times are the last minute of a day."""

    zone: str
    without: int = 0
    _here: int = 0  # that end a day as they are
    _utc: int = 0  # that do if they are UTC

    def see(self, local: datetime) -> None:
        """Count a time that names no zone."""
        self.without += 1
        self._here += _is_edge(local.time())
        there = local.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))
        self._utc += _is_edge(there.time())

    @property
    def looks_like_utc(self) -> bool:
        """Return whether most of the times end a day if they are UTC, and do not otherwise."""
        return self._utc > self.without / 2 and self._here < self._utc / 2

    def advise(self, *, is_planned: bool) -> str:
        """Return what to write in the plan about the zone."""
        if not self.without:
            return ""
        if self.looks_like_utc:
            return (
                f"most times without a zone end a day in {self.zone} if they are UTC: "
                'write timezone = "UTC"'
            )
        if is_planned:
            return ""
        return (
            f"times without a zone are read as {self.zone}: write timezone = "
            f'"{self.zone}", or the zone in which the other system writes'
        )


def _is_edge(at: time) -> bool:
    return (at.hour, at.minute) in ((23, 59), (0, 0))


#: Before it nobody who borrows was born.
OLDEST_AGE: Final = timedelta(days=125 * 365.25)
