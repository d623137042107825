"""When the database cannot be worked with: logged once, answered, and over by itself.

A disk that is full or read-only, a server that is gone, a lock that somebody keeps: work that meets
one of these fails with `DatabaseUnavailable`, in bounded time. The first of them begins an outage,
which the log is told in one line; while it lasts a database is tried again and again in the
background, and the first try that succeeds ends it, with another line.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

#: Seconds that work waits for a lock, or for a database that has just gone, unless told otherwise.
PATIENCE: Final = 60.0
#: Seconds between two tries whether an outage is over, more and more of them when it comes back.
TRY_EVERY: Final = 0.5
TRY_SELDOM: Final = 30.0
#: What most callers get whose work is given up.
REFUSED: Final = "the request was refused as a failure that passes"
#: An outage within so many seconds of the last is the same trouble again.
_SAME_TROUBLE: Final = 60.0


class DatabaseUnavailable(RuntimeError):
    """The database cannot be worked with for now; the log knows why.

    The work did not happen, except for `OutcomeUnknown`.
    """


class OutcomeUnknown(DatabaseUnavailable):
    """The work may have been committed or not, and which could not be found out in time.

    No caller is told that it was refused. The same request again finds out by its kept answer.
    """


class DatabasePooled(Exception):
    """An address is that of a pool, which has not what is wanted of it; the message says what."""


class Outage:
    """Whether there is an outage of a database, and since when. For any thread.

    `name` is what the log calls the database; `clock` gives monotonic seconds. `reason` is None
    but during an outage.
    """

    def __init__(
        self, name: str, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.reason: str | None = None
        self.try_every = TRY_EVERY
        self._name = name
        self._patience = patience
        self._clock = clock
        self._since = 0.0
        self._ended: float | None = None
        self._told: float | None = None
        self._changing = threading.Lock()

    def begin(self, reason: str) -> bool:
        """Something could not be done for this reason; True when that is news."""
        with self._changing:
            if self.reason is not None:
                return False
            now = self._clock()
            is_relapse = self._ended is not None and now - self._ended < _SAME_TROUBLE
            self.try_every = min(self.try_every * 2, TRY_SELDOM) if is_relapse else TRY_EVERY
            self._since, self.reason = now, reason
        log.error(
            "%s cannot be worked with: %s. Requests are refused as a failure that passes until it"
            " can; no restart is needed",
            self._name,
            reason,
        )
        return True

    def end(self) -> None:
        """Something was done: an outage, if there was one, is over."""
        with self._changing:
            if self.reason is None:
                return
            self.reason, self._ended = None, self._clock()
            lasted = self._ended - self._since
        log.warning("%s can be worked with again, after %.1f seconds", self._name, lasted)

    @property
    def is_old(self) -> bool:
        """Whether it has lasted longer than anybody should wait for its end."""
        return self.reason is not None and self._clock() - self._since > self._patience

    def complain(self, what: str, answer: str = REFUSED) -> None:
        """Some work was given up because of `what`, the rest goes on: a line, once a minute.

        `answer`: what the caller gets.
        """
        now = self._clock()
        with self._changing:
            is_told = self._told is not None and now - self._told < _SAME_TROUBLE
            if not is_told:
                self._told = now
        if not is_told:
            log.error("%s: %s; %s", self._name, what, answer)

    def error(self) -> DatabaseUnavailable:
        """What work is refused with during an outage."""
        return DatabaseUnavailable(f"{self._name} cannot be worked with: {self.reason}")
