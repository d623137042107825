"""Times as clients write them: xs:dateTime, and local times without a zone, plain days, and the
format ``%Y-%d-%m``, which is the default of one server. Anything else is not a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

#: For these, a plain day means its last second; for all others its first.
_ENDS = frozenset(
    {
        "date_due",
        "date_for_return",
        "desired_date_due",
        "desired_date_for_return",
        "due_date",
        "need_before_date",
        "pickup_expiry_date",
        "retry_before",
        "valid_to_date",
    }
)
#: For these, midnight means the day that begins with it, in whatever zone, as systems that only
#: know days write it. They end as days do at the branch.
_DUE = frozenset(
    {"date_due", "date_for_return", "desired_date_due", "desired_date_for_return", "due_date"}
)
#: A plain day, the same wherever you are.
_DAYS = frozenset({"date_of_birth"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SWAPPED = re.compile(r"(\d{4})-(\d\d)-(0[1-9]|1[0-2])(?!\d)")


@dataclass(slots=True)
class LocalTime:
    """The zone for times without one; `met` once there was such a time while the zone is
    unknown."""

    zone: tzinfo | None = None
    met: bool = False


def read_moment(text: str, name: str, local: LocalTime) -> datetime | None:
    """The moment in a field of this name, in UTC; None if it is not a time."""
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
        # Day and month exchanged, if that makes it a date.
        return datetime.fromisoformat(_SWAPPED.sub(r"\1-\3-\2", text, count=1))


def write_moment(value: datetime) -> str:
    """A moment with its zone, to the second. Raises ValueError if it has none."""
    if value.tzinfo is None:
        raise ValueError("a time on the wire needs a zone")
    return value.isoformat(timespec="seconds")
