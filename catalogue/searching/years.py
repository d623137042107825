"""Dates as searchers write them, to the years that they mean.

The index knows years alone. A date is read as a catalogue writes it: ``[1999]``, ``c1999`` and
``1999?`` are 1999; ``199-`` is a decade, ``19--`` a century; ``1999-2003`` and ``1998-99`` are
periods, ``1999-`` all from then on. A day or a month cannot be searched for: such a date is refused
rather than cut to its year.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple


class Years(NamedTuple):
    """The first and the last year, both included."""

    first: int
    last: int


#: The first and the last year that four digits can say.
EARLIEST, LATEST = 0, 9999
#: More than this cannot be the number of a month.
_LAST_MONTH = 12

_AROUND = re.compile(r"""[][(){}<>"']|[\s.,;:/]+$""")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
#: ``c1999``, ``p 1999``, ``cop. 1999``, ``ca. 1999``.
_SIGN = r"(?:(?:©|℗|copyright|cop|circa|ca|c|p|år)\.?\s*)?"
_YEAR = re.compile(_SIGN + r"([0-9]{4})\s*\??", re.IGNORECASE)
_UNCERTAIN = re.compile(
    _SIGN + r"(?:([0-9]{3})[-?u]|([0-9]{2})(?:--|-\?|\?\?|uu))\??", re.IGNORECASE
)
_SINCE = re.compile(r"(.+?)\s*-")
_UNTIL = re.compile(r"-\s*(.+)")
_PERIOD = re.compile(r"(.+?)\s*[-/]\s*(.+)")
_SHORT = re.compile(r"([0-9]{2})\??")


def years_of_text(text: str) -> Years | None:
    """The years that a date means; None where it is no year, decade, century or period."""
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    text = _AROUND.sub("", text).strip()
    year = _year(text)
    if year is not None:
        return Years(year, year)
    if found := _UNCERTAIN.fullmatch(text):
        digits = found[1] or found[2]
        span = 10 ** (4 - len(digits))
        return Years(int(digits) * span, int(digits) * span + span - 1)
    if found := _SINCE.fullmatch(text):
        first = _year(found[1])
        return None if first is None else Years(first, LATEST)
    if found := _UNTIL.fullmatch(text):
        last = _year(found[1])
        return None if last is None else Years(EARLIEST, last)
    if found := _PERIOD.fullmatch(text):
        first = _year(found[1])
        last = None if first is None else _end(found[2], first)
        return None if first is None or last is None or last < first else Years(first, last)
    return None


def _year(text: str) -> int | None:
    found = _YEAR.fullmatch(text)
    return int(found[1]) if found else None


def _end(text: str, first: int) -> int | None:
    """The end of a period: a year, or its last two digits where they can be no month."""
    found = _SHORT.fullmatch(text)
    if found is None:
        return _year(text)
    return first // 100 * 100 + int(found[1]) if int(found[1]) > _LAST_MONTH else None
