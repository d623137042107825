"""How much each partner may ask, per second and at once. A partner that sends more at once waits
for its own requests, and nobody else does; if too many of them wait, or it sends too many a second,
they are refused. Without IO; times are monotonic seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from protocols.hosting.throttle import Bucket
from protocols.ncip.settings import Partner

#: How many requests of a partner may wait for each one in work.
WAITING_FOR_EACH = 16


class TooMany(Exception):
    """A request is refused; the text says why."""


class _Turns:
    """The requests of one partner."""

    __slots__ = ("bucket", "is_starting", "running", "waiting")

    def __init__(self, rate: float | None) -> None:
        self.bucket = None if rate is None else Bucket(rate, max(1.0, rate))
        self.running = 0
        self.is_starting = False
        self.waiting: deque[Callable[[], None]] = deque()


class Caps:
    """The requests of all partners under way, by the keys of the partners."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turns] = {}

    def enter(self, partner: Partner, start: Callable[[], None], now: float) -> None:
        """Calls `start` as soon as the partner may have another request in work; raises TooMany.
        `leave` must be called once the request is answered.
        """
        turns = self._turns.get(partner.key)
        if turns is None:
            turns = self._turns[partner.key] = _Turns(partner.requests_per_second)
        if turns.bucket is not None:
            if turns.bucket.wait(now) > 0.0:
                raise TooMany("too many requests a second")
            turns.bucket.take()
        most = partner.requests_at_once
        if most is not None and turns.running >= most:
            if len(turns.waiting) >= most * WAITING_FOR_EACH:
                raise TooMany("too many requests at once")
            turns.waiting.append(start)
            return
        turns.running += 1
        start()

    def leave(self, partner: Partner) -> None:
        """A request of the partner is answered; the next waiting one begins."""
        turns = self._turns[partner.key]
        turns.running -= 1
        if turns.is_starting:  # it was answered at once: the loop below goes on
            return
        turns.is_starting = True
        try:
            while turns.waiting and turns.running < (partner.requests_at_once or 1):
                turns.running += 1
                turns.waiting.popleft()()
        finally:
            turns.is_starting = False
        if not turns.running and turns.bucket is None:
            self._turns.pop(partner.key, None)
