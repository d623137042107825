"""Times as clients write them: xs:dateTime, and what they send instead.

Local times without a zone, plain days, and the format ``%Y-%d-%m`` that one server has as its
default. What is beyond that is no time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

#: A day by itself ends these at its last second; everything else begins with it.
_ENDS = frozenset(
    {
        "date_due",
        "date_for_return",
        "desired_date_due",
        "desired_date_for_return",
        "need_before_date",
        "pickup_expiry_date",
        "valid_to_date",
    }
)
#: Of these, midnight stands for the day that begins with it: whoever knows days alone writes them
#: so, with any zone. They end as days do at the branch.
_DUE = frozenset({"date_due", "date_for_return", "desired_date_due", "desired_date_for_return"})
#: A day that is the same day wherever one is.
_DAYS = frozenset({"date_of_birth"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SWAPPED = re.compile(r"(\d{4})-(\d\d)-(0[1-9]|1[0-2])(?!\d)")


@dataclass(slots=True)
class LocalTime:
    """The zone of times that have none; `met` when there was one while that zone is not known."""

    zone: tzinfo | None = None
    met: bool = False


def read_moment(text: str, name: str, local: LocalTime) -> datetime | None:
    """The moment that a field of this name holds, in UTC; None for what is no time."""
    try:
        moment = _parsed(text)
        if name in _DUE and moment.time() == time():
            moment.astimezone(UTC)  # raises OverflowError at the ends of the calendar
            moment = moment.replace(tzinfo=None, hour=23, minute=59, second=59)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if _DAY.fullmatch(text) and name in _ENDS:
            moment = moment.replace(hour=23, minute=59, second=59)
        if name in _DAYS:
            return moment.replace(tzinfo=UTC)
        if local.zone is None:
            local.met = True
        return moment.replace(tzinfo=local.zone or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        # Day and month in each other's place, where that makes it a date.
        return datetime.fromisoformat(_SWAPPED.sub(r"\1-\3-\2", text, count=1))


def write_moment(value: datetime) -> str:
    """A moment with its zone, to the second. Raises ValueError where it has none."""
    if value.tzinfo is None:
        raise ValueError("a time on the wire needs a zone")
    return value.isoformat(timespec="seconds")
