"""The log of exchanges: noted in the reactor, masked, and written down in batches.

A batch is small, and a short write: it waits a while for those of an exchange that comes after it,
whose commit it then shares. Were it given to the writer thread, that would hold up the short writes
of all others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from itertools import accumulate
from typing import Final, TypeAlias

from catalogue.database import DatabaseUnavailable, Transaction
from circulation.interlending.exchanges import Exchanged, keep_exchanges
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Lane, Services

log = logging.getLogger(__name__)

#: Seconds until what was noted is written down.
WRITE_SECONDS: Final = 1.0
#: How many are written down at once: a second's work in one piece would delay answers.
BATCH: Final = 16
#: How many batches wait for another change to share its commit with before they have their own.
ALONE: Final = 2
#: How many batches may be on their way to the database.
AT_ONCE: Final = 8
#: How many exchanges may wait to be written down; more are lost, and the log says so.
MOST_WAITING: Final = 20_000
#: How many bytes of bodies may wait; more are dropped, as the line is more important.
MOST_BYTES: Final = 16 * 1024 * 1024
#: How much of the beginning of a longer message is kept.
KEPT_BYTES: Final = 32 * 1024
#: The same for callers that have not proven who they are.
STRANGERS_BYTES: Final = 4 * 1024
#: Bytes of bodies that are written down at once, like `BATCH`.
BATCH_BYTES: Final = 64 * 1024
_LONGEST: Final = 128

#: A message as it may be kept: without its secrets.
Mask: TypeAlias = Callable[[bytes], bytes]


class Journal:
    """The log. `body_days` is how long bodies are kept; 0: not at all. `later` calls a function
    after some seconds, in the same thread. `masked` takes the secrets out of a body.
    """

    def __init__(
        self,
        services: Services,
        body_days: int,
        later: Callable[[float, Callable[[], None]], object],
        masked: Mask,
    ) -> None:
        self._services = services
        self._kept = timedelta(days=body_days)
        self._later = later
        self._masked = masked
        self._waiting: list[Exchanged] = []
        self._held = 0  # bytes of waiting bodies
        self._is_due = False
        self._under_way = 0  # batches
        self._is_gone = False  # the database, for all that is known
        self._lost = 0
        services.before_close(self._at_the_end)

    def note(self, exchanged: Exchanged, *, is_proven: bool = True) -> None:
        """Notes an exchange that is over now: how long it took is reckoned here, and so is how much
        of the bodies is kept, and until when.

        `is_proven`: the other side is a partner who has shown that it is. Who is none must not fill
        the log with what it likes.
        """
        began = exchanged.at
        took = self._services.clock() - began
        if log.isEnabledFor(logging.DEBUG):
            partner, service = exchanged.partner or "-", exchanged.service or "-"
            who = (exchanged.direction, partner, service, exchanged.outcome)
            log.debug("%s %s %s %s %s", *who, took)
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        # Cut before masking, which goes on to the end of a message that is cut short.
        most = KEPT_BYTES if is_proven else STRANGERS_BYTES
        request, answer = exchanged.request[:most], exchanged.answer[:most]
        size = len(request) + len(answer)
        with_bodies = bool(self._kept) and self._held + size <= MOST_BYTES
        self._held += size if with_bodies else 0
        self._waiting.append(
            Exchanged(
                began,
                exchanged.direction,
                exchanged.partner[:_LONGEST],
                exchanged.peer[:_LONGEST],
                exchanged.service[:_LONGEST],
                exchanged.request_id[:_LONGEST],
                exchanged.outcome[:_LONGEST],
                max(0, round(took.total_seconds() * 1000)),
                request if with_bodies else b"",
                answer if with_bodies else b"",
                began + self._kept if with_bodies else None,
            )
        )
        if self._is_there(ALONE):
            self._go_on()
        else:
            self._see_to_the_rest()

    def go_along(self) -> None:
        """Something else is being written down: a batch that waits shares its commit."""
        if self._is_there(1):
            self._go_on()

    def _is_there(self, batches: int) -> bool:
        """Does so much wait?"""
        return len(self._waiting) >= batches * BATCH or self._held >= batches * BATCH_BYTES

    def _go_on(self) -> None:
        while self._is_there(1) and self._under_way < AT_ONCE and not self._is_gone:
            self._write_out()
        self._see_to_the_rest()

    def _see_to_the_rest(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            self._later(WRITE_SECONDS, self.write)

    def write(self) -> None:
        """Writes down what was noted; called automatically."""
        self._is_due = self._is_gone = False
        self._write_out()

    def _write_out(self) -> None:
        found = self._take()
        if found:
            self._under_way += 1
            self._services.perform(
                Lane.SHORT_WRITE,
                lambda context: self._keep(context.transaction, context.circulation, found),
                lambda _, error: self._written(found, error),
            )

    def _written(self, found: list[Exchanged], error: BaseException | None) -> None:
        self._under_way -= 1
        if isinstance(error, DatabaseUnavailable):
            self._give_back(found)
        elif error is not None:
            log.error("%d exchanges were not written down", len(found), exc_info=error)
        if error is None:
            self._go_on()

    def _give_back(self, found: list[Exchanged]) -> None:
        """Keeps them for a better time, as far as there is room."""
        kept = found[: MOST_WAITING - len(self._waiting)]
        self._lost += len(found) - len(kept)
        self._waiting = kept + self._waiting
        self._held += sum(map(_size, kept))
        self._is_gone = True
        self._see_to_the_rest()

    def _take(self) -> list[Exchanged]:
        """A batch of what is waiting."""
        sizes = accumulate(map(_size, self._waiting[:BATCH]))
        count = max(1, sum(size <= BATCH_BYTES for size in sizes))
        found, self._waiting = self._waiting[:count], self._waiting[count:]
        self._held -= sum(map(_size, found))
        if self._lost:
            log.error("%d exchanges were not noted: there were too many", self._lost)
            self._lost = 0
        return found

    def _at_the_end(self) -> None:
        found: list[Exchanged] = []
        while batch := self._take():
            found += batch
        circulation = self._services.circulation
        if found:
            self._services.database.write(
                lambda transaction: self._keep(transaction, circulation, found)
            ).result()

    def _keep(
        self, transaction: Transaction, circulation: Circulation, found: list[Exchanged]
    ) -> None:
        keep_exchanges(transaction, circulation.ids.next, map(self._kept_of, found))

    def _kept_of(self, found: Exchanged) -> Exchanged:
        if found.until is None:
            return found
        masked = self._masked
        return Exchanged(*found[:8], masked(found.request), masked(found.answer), found.until)


def _size(exchanged: Exchanged) -> int:
    return len(exchanged.request) + len(exchanged.answer)
