"""Dates as the two systems write them: those of 18 characters, and due dates of any form."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d))?)?")
_EUROPEAN: Final = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T]+(\d\d):(\d\d)(?::(\d\d))?)?"
)
_PLAIN: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(.{0,4}?)(\d\d)(\d\d)(\d\d)\Z")
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)\s*\Z")
BLANK: Final = " " * 18


def wire_date(text: str) -> str:
    """A due date (AH) in any form that is known as 18 characters; a day alone is until its end.
    Blanks where it is no date.
    """
    text = text.strip()
    plain = _PLAIN.match(text)
    if plain is not None:
        return f"{plain[1]}{plain[2]}{plain[3]}{plain[4]:4}{plain[5]}{plain[6]}{plain[7]}"
    day = _DAY.match(text)
    iso = _ISO.match(text)
    european = _EUROPEAN.match(text)
    if day is not None:
        parts: tuple[str | None, ...] = (*day.groups(), None, None, None)
    elif iso is not None:
        parts = iso.groups()
    elif european is not None:
        parts = (european[3], european[2], european[1], *european.groups()[3:])
    else:
        return BLANK
    year, month, number = (int(each or 0) for each in parts[:3])
    try:
        date(year, month, number)
    except ValueError:
        return BLANK
    has_time = parts[3] is not None
    hour, minute, second = parts[3:] if has_time else ("23", "59", "59")
    return f"{year:04}{month:02}{number:02}    {hour}{minute}{second or '00'}"


def day_of(text: str) -> date | None:
    """The day of a date in any form that is known."""
    written = wire_date(text)
    try:
        return datetime.strptime(written[:8], "%Y%m%d").date()  # noqa: DTZ007  a day
    except ValueError:
        return None


def shown_day(text: str) -> str:
    """The day of a date for people, ``2026-12-23``; what is in no form that is known as it is."""
    day = day_of(text)
    return text.strip() if day is None else day.isoformat()


def days_between(first: str, last: str) -> int | None:
    """Whole days from one date to another; None if one of them is none."""
    begin, end = day_of(first), day_of(last)
    return None if begin is None or end is None else (end - begin).days


def after(text: str, days: int) -> str:
    """So many days after a date, at the end of the day, in 18 characters; blanks for no date."""
    begin = day_of(text)
    return BLANK if begin is None else f"{begin + timedelta(days=days):%Y%m%d}    235900"
