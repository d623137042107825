"""Telling sinks what has changed: batch by batch, in the order of the changes.

A batch is read on a snapshot, noted, told without any transaction, and then written down as told. A
process that is killed in between tells it again. Of several processes, the one that holds the lease
of a sink tells it, so that what it hears of a record is in order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from catalogue.database import Database, Transaction
from circulation.holdings.progress import (
    Batch,
    batch_begun,
    batch_told,
    due_sinks,
    next_batch,
    register_sinks,
    sink_failed,
)
from circulation.holdings.rows import find_sink
from circulation.holdings.states import RecordHoldings
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.leases import Lease, LeaseTaken
from circulation.kernel.results import UNATTENDED
from protocols.holdings.settings import HoldingsSettings
from protocols.holdings.sinks import Refused, Sink, Unavailable, load_driver
from protocols.hosting.answering import Context
from protocols.hosting.process_names import this_process

log = logging.getLogger(__name__)

T = TypeVar("T")

#: After so many tries in a row that have failed for a doubtful reason, the record that may be the
#: cause is looked for.
DOUBTS = 4


class Sender:
    """The sinks of a configuration, opened (`protocols.hosting.outbox.Teller`). It blocks."""

    def __init__(
        self,
        database: Database,
        circulation: Circulation,
        sinks: Mapping[str, Sink],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._circulation = circulation
        self._sinks = sinks
        self._clock = clock
        self.is_stopping = False

    def due(self, context: Context) -> list[str]:
        """The sinks for which there may be something to tell now."""
        return [each for each in due_sinks(context.transaction, context.now) if each in self._sinks]

    def tell(self, name: str) -> int:
        """Tells a sink all that is due to it; gives the number of batches."""
        lease = Lease(f"holdings {name}", this_process())
        done = 0
        try:
            while not self.is_stopping and self._tell_next(name, lease):
                done += 1
        except LeaseTaken:
            return done
        self._database.write(lease.give_back, short=True).result()
        return done

    def _tell_next(self, name: str, lease: Lease) -> bool:
        """Tells a batch; False where there is none, or it was not taken."""
        self._write(lambda act: lease.hold(act.transaction, act.now))
        batch = self._read(lambda act: next_batch(act, name))
        if batch is None:
            return False
        begun = batch
        self._write(lambda act: batch_begun(act, begun))
        try:
            refused = self._told(batch)
        except Unavailable as error:
            problem = str(error)
            log.warning("%s cannot be told of holdings: %s", name, problem)
            self._write(lambda act: sink_failed(act, name, problem))
            return False
        for record_id, problem in refused.items():
            log.warning("%s does not take record %s: %s", name, record_id, problem)
        return self._write(lambda act: batch_told(act, batch, refused))

    def _told(self, batch: Batch) -> dict[int, str]:
        """Tells, and gives the records that are refused, and why. Raises Unavailable."""
        sink = self._sinks[batch.sink]
        if not batch.told:
            return {}
        try:
            sink.tell(batch.told, self._clock())
        except Refused as error:
            row = self._read(lambda act: find_sink(act.transaction, name=batch.sink))
            if error.is_doubtful and (row is None or row.tries < DOUBTS):
                raise Unavailable(str(error)) from error
            refused = self._each(sink, batch.told, str(error))
            if error.is_doubtful and len(refused) == len(batch.numbers) > 1:
                raise Unavailable(str(error)) from error
            return refused
        return {}

    def _each(self, sink: Sink, told: Sequence[RecordHoldings], why: str) -> dict[int, str]:
        """Which of these it is that will not do: by halves."""
        ids = sorted({each.record_id for each in told})
        if len(ids) == 1:
            return {ids[0]: why}
        refused: dict[int, str] = {}
        middle = ids[len(ids) // 2]
        for half in (
            [each for each in told if each.record_id < middle],
            [each for each in told if each.record_id >= middle],
        ):
            if self.is_stopping:
                raise Unavailable("the server is being stopped")
            try:
                sink.tell(half, self._clock())
            except Refused as error:
                refused |= self._each(sink, half, str(error))
        return refused

    def _act(self, transaction: Transaction) -> Act:
        return Act(transaction, self._circulation, UNATTENDED, self._clock())

    def _write(self, work: Callable[[Act], T]) -> T:
        return self._database.write(lambda transaction: work(self._act(transaction))).result()

    def _read(self, work: Callable[[Act], T]) -> T:
        return self._database.read(
            lambda transaction: work(self._act(transaction)), wide=True
        ).result()


def open_sinks(settings: HoldingsSettings, folder: Path) -> dict[str, Sink]:
    """The sinks of a configuration, by name; OSError and ValueError where one cannot be opened."""
    return {
        name: load_driver(each.driver).open(name, each.options, folder)
        for name, each in settings.sinks.items()
    }


def register(database: Database, settings: HoldingsSettings) -> list[str]:
    """Has the sinks of a configuration told from now on; gives those that are told of everything,
    because they are new, or of others than before."""
    agencies = {name: each.agencies for name, each in settings.sinks.items()}
    if not agencies:
        return []
    return database.write(lambda transaction: register_sinks(transaction, agencies)).result()
