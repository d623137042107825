"""How fast a terminal may send: faster messages wait, and none is refused."""

from __future__ import annotations

from typing import Final

from protocols.hosting.throttle import Bucket

#: Messages that may come at once in addition to those of a second.
_AT_ONCE: Final = 10


class Pace:
    """The messages of one connection."""

    def __init__(self) -> None:
        #: When the next message may be dealt with; None while nothing waits.
        self.resumes: float | None = None
        self._rate: float | None = None
        self._bucket = Bucket(1.0, _AT_ONCE)

    def is_held(self, rate: float | None, now: float) -> bool:
        """Must the next message wait? If not, it counts. `rate` is per second, None for any."""
        if rate is None:
            self.resumes = None
            return False
        if rate != self._rate:
            self._rate = rate
            self._bucket = Bucket(rate, rate + _AT_ONCE)
        wait = self._bucket.wait(now)
        self.resumes = now + wait if wait > 0.0 else None
        if self.resumes is None:
            self._bucket.take()
        return self.resumes is not None
