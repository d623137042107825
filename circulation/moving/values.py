"""Cells as values: dates, amounts, codes, as the plan says that the other system writes them.

What cannot be read is told without the cell itself, which may be a secret or somebody's number; a
code alone is named, for whoever completes the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from circulation.calendars.due_dates import end_of_day
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.ledger.money import exponent_of
from circulation.moving.recognition.advice import NO_AMOUNT, NO_DATE, Advice

_YEARS: Final = range(1850, 10_000)
_AMOUNT: Final = {
    ".": re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?", re.ASCII),
    ",": re.compile(r"-?[0-9]{1,15}(,[0-9]{1,8})?", re.ASCII),
}
TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "ja", "j"})
FALSE: Final = frozenset({"0", "false", "f", "no", "n", "nej"})
#: What follows is minutes, which are read as parts of an hour as ISO 8601 has it.
_HOUR_AND_POINT: Final = re.compile(r"[T ]\d\d[.,]")


#: Why a cell is not read that should hold one of few codes.
UNKNOWN_CODE: Final = "unknown code"


class Unreadable(ValueError):
    """A cell that is not what it should be, in a few words that do not tell what it holds."""


@dataclass(frozen=True, slots=True)
class Formats:
    """How the other system writes values. `branches` are ours, by ISIL. `today` tells what a year
    of two digits cannot be of somebody's birth."""

    branches: Mapping[str, int]
    timezone: str
    today: date
    currency: str = "DKK"
    dates: tuple[str, ...] = ()
    decimal: str = "."
    #: Learns from what is read, and what is not, how the plan should have put it.
    advice: Advice | None = field(default=None, repr=False, compare=False)
    _days: dict[str, tuple[datetime, bool]] = field(default_factory=dict, repr=False)

    def time_of(self, text: str) -> tuple[datetime, bool]:
        """The time, and whether the cell tells the day alone. What is without a zone is local."""
        found = self._days.get(text)
        if found is None:
            found = self._read(text)
            if len(self._days) < 50_000:
                self._days[text] = found
        return found

    def _read(self, text: str) -> tuple[datetime, bool]:
        for form in self.dates or (None,):
            if form is None and _HOUR_AND_POINT.search(text):
                break
            try:
                read = datetime.fromisoformat(text) if form is None else _parsed(text, form)
                is_day = len(text) <= 10 if form is None else not _has_hour(form)
                if read.year not in _YEARS:
                    break
                if self.advice is not None:
                    self.advice.see_time(read, is_day=is_day)
                local = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(self.timezone))
                return local.astimezone(UTC), is_day
            except (ValueError, OverflowError):
                continue
        raise Unreadable(NO_DATE)

    def day(self, text: str) -> date:
        return self.time_of(text)[0].astimezone(ZoneInfo(self.timezone)).date()

    def birth_date(self, text: str) -> date:
        """A day; where the year is told by two digits, the last one that has been."""
        born = self.day(text)
        is_short = not re.search(r"\d{4}", text)
        if born > self.today and is_short:
            return born.replace(year=born.year - 100)
        return born

    def moment(self, text: str) -> datetime:
        return self.time_of(text)[0]

    def last_moment(self, text: str) -> datetime:
        """A due date: the end of its day where no hour is told, or midnight."""
        read, is_day = self.time_of(text)
        local = read.astimezone(ZoneInfo(self.timezone))
        is_whole = is_day or local.time() == time()
        return end_of_day(local.date(), self.timezone) if is_whole else read

    def amount(self, text: str) -> int:
        """Minor units of the currency, with their sign."""
        plain = text.replace(" ", "").replace("\u00a0", "")
        if not _AMOUNT[self.decimal].fullmatch(plain):
            raise Unreadable(NO_AMOUNT)
        units = Decimal(plain.replace(",", ".")).scaleb(exponent_of(self.currency))
        if units != int(units):
            raise Unreadable("more decimals than the currency has")
        if abs(units) > MAX_AMOUNT_MINOR_UNITS:
            raise Unreadable("an amount above the limit")
        return int(units)


def _has_hour(form: str) -> bool:
    return any(each in form for each in ("%H", "%I", "%X", "%c"))


def _parsed(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007  the zone follows


class Cell(NamedTuple):
    """How a field is read; beside the type in its annotation. `told`: what it holds, in a word.
    `is_code`: it may be shown. `is_list`: there may be several, and the value is a tuple.
    `has_tail`: behind the code ``until DAY`` and ``: WORDS`` may stand."""

    read: Callable[[str, Formats], Any]
    told: str
    is_code: bool = False
    is_list: bool = False
    has_tail: bool = False


_TAIL: Final = re.compile(
    r"(?P<code>.*?)(?:(?:^|\s)until(?:\s(?P<day>\S*))?)?(?::(?:\s(?P<words>.*))?)?", re.DOTALL
)


class Tailed(NamedTuple):
    """A code, the day until which it holds, and words about it; both may be empty."""

    code: str
    day: str = ""
    words: str = ""

    def __str__(self) -> str:
        until = f" until {self.day}" if self.day else ""
        return f"{self.code}{until}: {self.words}" if self.words else f"{self.code}{until}"


def part_tail(text: str) -> Tailed:
    """Return the code of a cell apart from what stands behind it."""
    found = _TAIL.fullmatch(text)
    assert found is not None  # it has no part that must be there
    code, day, words = found["code"], found["day"], found["words"]
    return Tailed(code.strip(), (day or "").strip(":"), (words or "").strip())


def _text(text: str, formats: Formats) -> str:
    if "\0" in text:
        raise Unreadable("a character that no text holds")
    return text


def _small(text: str, formats: Formats) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise Unreadable("no number")
    if not 0 <= int(text) < 10_000:
        raise Unreadable("no number up to 9999")
    return int(text)


def _truth(text: str, formats: Formats) -> bool:
    small = text.casefold()
    if small not in TRUE and small not in FALSE:
        raise Unreadable("neither yes nor no")
    return small in TRUE


def _branch(text: str, formats: Formats) -> int:
    found = formats.branches.get(text)
    if found is None:
        raise Unreadable("unknown branch")
    return found


def _coded(text: str, formats: Formats, *, kind: type[Enum]) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise Unreadable(UNKNOWN_CODE) from None


def coded(kind: type[Enum], *, is_list: bool = False) -> Cell:
    """One of the values of an enumeration."""
    values = ", ".join(each.value for each in kind)
    return Cell(partial(_coded, kind=kind), values, is_code=True, is_list=is_list)


TEXT: Final = Cell(_text, "text")
TEXTS: Final = Cell(_text, "texts", is_list=True)
CODE: Final = Cell(_text, "code", is_code=True)
SMALL: Final = Cell(_small, "number")
TRUTH: Final = Cell(_truth, "yes or no")
BRANCH: Final = Cell(_branch, "ISIL of a branch", is_code=True)
DAY: Final = Cell(lambda text, formats: formats.day(text), "date")
BIRTH_DATE: Final = Cell(lambda text, formats: formats.birth_date(text), "date")
MOMENT: Final = Cell(lambda text, formats: formats.moment(text), "date or time")
LAST_MOMENT: Final = Cell(lambda text, formats: formats.last_moment(text), "last day or time")
AMOUNT: Final = Cell(lambda text, formats: formats.amount(text), "amount")
#: How fields with a day or a time are read.
DATES: Final = (DAY, BIRTH_DATE, MOMENT, LAST_MOMENT)
