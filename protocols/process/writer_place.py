"""Which of several processes with one SQLite file makes the changes.

All of them answer searches. One has the writer's place, which is a lock: it serves everything else
as well. The others hold the same sockets, so that callers wait in the queue of the kernel when that
one ends, however it ends, until another has taken the place. Over a roll two may write for a
moment, one that ends its conversations and the one that follows it: SQLite lets one wait for the
other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from twisted.internet.task import LoopingCall

from catalogue.database import FileLock
from protocols.hosting.reactor import reactor

log = logging.getLogger(__name__)

#: Seconds between two looks whether the place is free.
LOOK_SECONDS: Final = 0.1


class WriterPlace:
    """Used in the reactor's thread, but for `leave`, once it has ended. `serve` is called when the
    place was taken after a wait."""

    def __init__(self, url: str, called: str, serve: Callable[[], object]) -> None:
        self._path = Path(url.removeprefix("sqlite:///"))
        self._called = called
        self._serve = serve
        self._lock: FileLock | None = None
        self._looking: Any = LoopingCall(self._look)
        self._looking.clock = reactor

    @property
    def is_taken(self) -> bool:
        return self._lock is not None

    def take(self) -> bool:
        """Takes the place, and serves what goes with it, if it is free."""
        self._lock = FileLock.of_writer(self._path, f"{self._called} writes")
        if self._lock is not None:
            self._serve()
        return self._lock is not None

    def wait(self) -> None:
        """From now on it is taken when it is free."""
        self._looking.start(LOOK_SECONDS, now=False)

    def _look(self) -> None:
        try:
            if not self.take():
                return
        except Exception:  # another process may do better
            log.exception("the writer's place cannot be taken")
            self._looking.stop()
            reactor.stop()
            return
        log.info("this process makes the changes from now on")
        self._looking.stop()

    def leave(self) -> None:
        """Lets another have it."""
        if self._looking.running:
            self._looking.stop()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
