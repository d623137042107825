"""The loop that sends notices to partners, beside the listeners: one for each protocol."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from catalogue.database import DatabaseUnavailable
from protocols.hosting.answering import Context, Lane, Services

log = logging.getLogger(__name__)

#: How many partners are told at the same time.
AT_ONCE = 16


class Teller(Protocol):
    """Tells partners what they are to be told, in the words of a protocol."""

    is_stopping: bool

    def due(self, context: Context) -> list[str]:
        """The partners of this protocol for whom something may be sent now."""
        ...

    def tell(self, partner: str) -> int:
        """Sends all that is due to a partner, in a thread; gives the number of notices."""
        ...


class SendingLoop:
    """Looks every now and then for partners with notices due, and gives each a thread.

    `later` and `call_from_thread` are the reactor's.
    """

    def __init__(
        self,
        teller: Teller,
        services: Services,
        seconds: float,
        later: Callable[..., object],
        call_from_thread: Callable[..., object],
    ) -> None:
        self._teller = teller
        self._services = services
        self._seconds = seconds
        self._later = later
        self._call_from_thread = call_from_thread
        self._busy: set[str] = set()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tiro-partner")
        self._is_over = False
        services.before_close(self._end)
        later(0.0, self._look)

    def _look(self) -> None:
        if not self._is_over:
            self._services.perform(
                Lane.READ,
                self._teller.due,
                self._found,
            )

    def _found(self, partners: list[str] | None, error: BaseException | None) -> None:
        if self._is_over:
            return
        if error is not None and not isinstance(error, DatabaseUnavailable):
            log.error("nobody is told for now", exc_info=error)
        for partner in partners or ():
            if partner not in self._busy:
                self._busy.add(partner)
                told = self._threads.submit(self._teller.tell, partner)
                told.add_done_callback(self._when_told(partner))
        self._later(self._seconds, self._look)

    def _when_told(self, partner: str) -> Callable[[Future[Any]], None]:
        def over() -> None:
            self._busy.discard(partner)

        def told(future: Future[Any]) -> None:  # in the thread that did it
            failed = None if future.cancelled() else future.exception()
            if failed is not None and not isinstance(failed, DatabaseUnavailable):
                log.error("telling %s has failed", partner, exc_info=failed)
            if not self._is_over:
                self._call_from_thread(over)

        return told

    def _end(self) -> None:
        """A message being sent may be finished; the rest waits for the next start."""
        self._is_over = self._teller.is_stopping = True
        self._threads.shutdown(wait=False, cancel_futures=True)
