"""Ids made by the program, so that a row can be named before the database has seen it."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime

#: The first millisecond that has an id; 41 bits of them reach to the year 2089.
_EPOCH_MS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LOW_BITS = 22


class IdSource:
    """Positive 63-bit integers: 41 bits of milliseconds, 22 bits against collisions.

    Within one process they are unique and always grow, whatever the times say. Another process
    starts each millisecond at a random place of its own; should two meet, the primary key refuses
    the second and the database layer runs that work again, with a new id.
    """

    def __init__(self, random_bits: Callable[[int], int] | None = None) -> None:
        # No secret: what matters is that no two processes begin alike.
        self._random_bits = random_bits or random.Random(secrets.randbits(64)).getrandbits  # noqa: S311
        self._lock = threading.Lock()
        self._last = 0

    def next(self, now: datetime) -> int:
        """The next id for something that happens at `now`."""
        milliseconds = int(now.timestamp() * 1000) - _EPOCH_MS
        if not 0 <= milliseconds < 1 << 41:
            raise ValueError(f"no id can be made for {now.isoformat()}")
        with self._lock:
            if milliseconds > self._last >> _LOW_BITS:
                # Half of the room is left free for the ids that follow in the same millisecond.
                self._last = (milliseconds << _LOW_BITS) | self._random_bits(_LOW_BITS - 1)
            else:
                self._last += 1
            return self._last
