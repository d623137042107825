"""Look-ups of patrons are in the log before the answer leaves, and reads stay reads.

A handler that reads notes what it has shown (`Context.looked_up`). Its answer waits until the line
is durable; lines that come meanwhile wait for one another and are written together, so that a
hundred desks cost one commit at a time and not a hundred. Work that writes has its lines in its own
transaction; a handler that notes whomever it shows does better to be such work, a short write, than
to read first and have its lines written afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any

from catalogue.database import Database, Transaction
from circulation.staff.lookups import Lookup, note_lookups

#: Gets None once the lines are durable, else why they are not.
Noted = Callable[[BaseException | None], None]
WhenDone = Callable[[Future[Any], Callable[[Future[Any]], None]], None]


class LookupLog:
    """Used in the reactor's thread alone; `when_done` calls back there."""

    def __init__(self, database: Database, when_done: WhenDone) -> None:
        self._database = database
        self._when_done = when_done
        self._waiting: list[tuple[Sequence[Lookup], datetime, Noted]] = []
        self._is_writing = False

    def note(self, seen: Sequence[Lookup], now: datetime, noted: Noted) -> None:
        """Has the lines written, and calls `noted` when they are durable or cannot be."""
        self._waiting.append((seen, now, noted))
        if not self._is_writing:
            self._write()

    def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        self._is_writing = True

        def work(transaction: Transaction) -> None:
            for seen, now, _ in batch:
                note_lookups(transaction, seen, now)

        def written(future: Future[None]) -> None:
            self._is_writing = False
            if self._waiting:
                self._write()
            for _, _, noted in batch:
                noted(future.exception())

        try:
            future = self._database.write(work, short=True)
        except Exception as error:  # closed
            future = Future()
            future.set_exception(error)
        self._when_done(future, written)
