"""Which lists of work an event may have changed, and how far events may be read.

PostgreSQL gives an event its id before its transaction commits, so that one with a smaller id may
be seen later. Whoever reads by ids goes on only from what is older than any such wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from circulation.kernel.events import EventKind, EventTold

#: Longer than a transaction takes that writes events.
HORIZON: Final = timedelta(seconds=10)

_HOLDS: Final = {
    EventKind.HOLD_PLACED,
    EventKind.HOLD_CHANGED,
    EventKind.HOLD_ACTIVATED,
    EventKind.HOLD_CAPTURED,
    EventKind.HOLD_RELEASED,
    EventKind.HOLD_CLOSED,
    EventKind.HOLD_REOPENED,
}
_RETURNS: Final = {EventKind.CHECKED_IN, EventKind.CHECK_IN_CANCELLED, EventKind.ITEM_SEEN}
_LOANS: Final = {EventKind.CHECKED_OUT, EventKind.CHECK_OUT_CANCELLED}
_MARKS: Final = {
    EventKind.CLAIMED_RETURNED,
    EventKind.CLAIM_WITHDRAWN,
    EventKind.DECLARED_LOST,
    EventKind.FOUND,
}
_RECEIVED: Final = {EventKind.ITEM_RECEIVED, EventKind.ITEM_ADDED}
#: List -> the events after which it may be another, wherever they happen.
_ANYWHERE: Final = {
    "pick": _HOLDS | _RETURNS | _LOANS | {EventKind.FETCH_BEGUN, EventKind.FETCH_GIVEN_UP},
    "hopeless": {EventKind.HOLD_PLACED, EventKind.HOLD_CLOSED, EventKind.ITEM_REMOVED} | _MARKS,
    "transits": _RETURNS | {EventKind.HOLD_CAPTURED},
    "bookings-to-prepare": {
        EventKind.BOOKING_PLACED,
        EventKind.BOOKING_CHANGED,
        EventKind.BOOKING_CLOSED,
        EventKind.STAY_BEGUN,
    },
    "to-move": {EventKind.PLACEMENT_MOVED, EventKind.PLACEMENT_ENDED, EventKind.STAY_BEGUN},
}
#: The same, at the branch itself.
_HERE: Final = {
    "shelf": _HOLDS | _RETURNS | _LOANS | {EventKind.HOLD_SHELVED},
    "overdue": _RETURNS | _MARKS | {EventKind.RENEWED, EventKind.LOAN_REDATED},
    "claims": _MARKS | _RETURNS,
    "missing": _MARKS | _RETURNS | _LOANS,
    "conflicts": {EventKind.CONFLICT_SETTLED, EventKind.CHECKED_OUT, EventKind.RENEWED},
    "deliveries": _RECEIVED | {EventKind.DELIVERY_ANNOUNCED, EventKind.DELIVERY_CLOSED},
    "unexpected": _RECEIVED,
}
LISTS: Final = tuple(sorted({*_ANYWHERE, *_HERE}))


def _by_code(lists: dict[str, set[EventKind]]) -> dict[str, frozenset[str]]:
    codes = {kind.value for kinds in lists.values() for kind in kinds}
    return {
        code: frozenset(name for name, kinds in lists.items() if EventKind(code) in kinds)
        for code in codes
    }


_ANYWHERE_BY_CODE: Final = _by_code(_ANYWHERE)
_HERE_BY_CODE: Final = _by_code(_HERE)
_NONE: Final[frozenset[str]] = frozenset()


def changed(events: Iterable[EventTold], branch_id: int) -> list[str]:
    """The lists of the branch that may be others after these events."""
    found: set[str] = set()
    for event in events:
        found |= _ANYWHERE_BY_CODE.get(event.code, _NONE)
        if event.branch_id in (None, branch_id):
            found |= _HERE_BY_CODE.get(event.code, _NONE)
    return sorted(found)


def settled(events: Sequence[EventTold], now: datetime, dialect: str) -> Sequence[EventTold]:
    """Those of them before which none can appear any more."""
    if dialect == "sqlite":  # one transaction writes at a time
        return events
    for number, event in enumerate(events):
        if event.written > now - HORIZON:
            return events[:number]
    return events


class Window:
    """What a follower has read of the events: `safe` is the id from which it goes on."""

    def __init__(self, safe: int) -> None:
        self.safe = safe
        self._told: set[int] = set()

    def new(self, events: Sequence[EventTold], now: datetime, dialect: str) -> list[EventTold]:
        """Those among the events after `safe` that were not given before."""
        fresh = [each for each in events if each.id not in self._told]
        done = settled(events, now, dialect)
        if done:
            self.safe = done[-1].id
        self._told = {each.id for each in events if each.id > self.safe}
        return fresh
