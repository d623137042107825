"""How long a turn is in which changes are made: its thread does nothing else meanwhile.

A turn ends before it has become too long. So it is not begun what is known to take much of the time
that is left: what work of the same kind took of late is remembered, by the code that does it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

#: Seconds after which the rest waits, that others may have their turn.
TURN_SECONDS: Final = 0.004
#: Work that takes less need not be remembered, and what takes more than this is another's fault:
#: a busy machine's, or a disk's.
SHORT_SECONDS, LONGEST_SECONDS = 0.0005, 0.003
#: How much of the difference is learnt from work that took more than was known, or less.
_MORE, _LESS = 0.3, 0.03


def kind_of(work: Any) -> object:
    """What work is the same but for its arguments."""
    while True:
        if isinstance(work, partial):
            work = work.func
        elif (inner := getattr(work, "__wrapped__", None)) is not None:
            work = inner
        else:
            return getattr(work, "__code__", None) or type(work)


class Experience:
    """What work has taken, in seconds. Of one thread."""

    def __init__(self) -> None:
        self._seconds: dict[object, float] = {}

    def expects(self, work: Any) -> float:
        """Nothing, as long as it has been short."""
        known = self._seconds
        return known.get(kind_of(work), 0.0) if known else 0.0

    def note(self, work: Any, seconds: float) -> None:
        if seconds < SHORT_SECONDS and not self._seconds:
            return
        kind = kind_of(work)
        before = self._seconds.get(kind, 0.0)
        took = min(seconds, LONGEST_SECONDS)
        after = before + (took - before) * (_MORE if took > before else _LESS)
        if after >= SHORT_SECONDS:
            self._seconds[kind] = after
        elif before:
            del self._seconds[kind]
