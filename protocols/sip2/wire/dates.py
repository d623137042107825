"""The 18 characters of a date, YYYYMMDDZZZZHHMMSS (SIP2 2.12, ANSI X3.30 and X3.43).

ZZZZ is four blanks for local time, or three blanks and a zone letter: Z for UTC, A to M (without
J) for the zones east of it, N to Y for those west. Terminals in the field also send ``0000`` for
local time, and eighteen blanks for no date.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

#: In 98: this system does not offer to set the terminal's clock.
NO_CLOCK = "0" * 18

_ZONES: dict[str, tzinfo] = {"Z": UTC}
_ZONES.update(
    (letter, timezone(timedelta(hours=hours)))
    for letters, sign in (("ABCDEFGHIKLM", 1), ("NOPQRSTUVWXY", -1))
    for letter, hours in zip(letters, range(sign, 13 * sign, sign), strict=True)
)


def local_date(moment: datetime, zone: tzinfo) -> str:
    """`moment` as local time of `zone`."""
    return _date_of(moment.replace(microsecond=0), zone)


@lru_cache(maxsize=1024)  # all answers of a second have the same, and all loans of a day
def _date_of(second: datetime, zone: tzinfo) -> str:
    t = second.astimezone(zone)
    return f"{t.year:04}{t.month:02}{t.day:02}    {t.hour:02}{t.minute:02}{t.second:02}"


def parse_date(text: str, zone: tzinfo) -> datetime | None:
    """The aware time that the 18 characters stand for; None for blanks and for no date at all.

    A local time that occurs twice, when clocks go back, is the first of the two.
    """
    if len(text) != 18 or not text.isascii():
        return None
    letter = text[8:12].strip().upper()
    if letter not in ("", "0000"):
        named = _ZONES.get(letter)
        if named is None:
            return None
        zone = named
    digits = text[:8] + text[12:]
    if not digits.isdigit():
        return None
    try:
        return datetime(
            int(text[:4]),
            int(text[4:6]),
            int(text[6:8]),
            int(text[12:14]),
            int(text[14:16]),
            int(text[16:18]),
            tzinfo=zone,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_past_date(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the time of an act that has happened; `now` for one that is later.

    The clock of a machine may be fast, and an act that is in its message has happened.
    """
    moment = parse_date(text, zone)
    return None if moment is None else min(moment, now)
