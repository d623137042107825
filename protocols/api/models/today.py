"""A branch's day as it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from protocols.api.models.answers import Branch
from protocols.api.models.common import Request


class DayAsked(Request):
    """Which day of the branch, today where none is said."""

    day: date | None = None


@dataclass(frozen=True, slots=True)
class HourOfDay:
    """What was lent in an hour of the branch's clock, and what usually is on this weekday."""

    hour: int
    lent: int
    usual: float


@dataclass(frozen=True, slots=True)
class LongQueue:
    """A title that many wait for."""

    title_id: str
    title: str
    waiting: int
    copies: int


@dataclass(frozen=True, slots=True)
class MachineSeen:
    """An account of a machine: what it has sent in all, how often it departed from the standard,
    and when it was last heard of."""

    account: str
    messages: int
    deviations: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Today:
    """The figures of the day. `queues` are the longest of those picked up at the agency's branches,
    `machines` those that the caller may see. `plots` are pictures of the same, in SVG."""

    branch: Branch
    day: date
    lent: int
    returned: int
    renewed: int
    holds_placed: int
    hours: tuple[HourOfDay, ...]
    queues: tuple[LongQueue, ...]
    machines: tuple[MachineSeen, ...]
    plots: dict[str, str]
