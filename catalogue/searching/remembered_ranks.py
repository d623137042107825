"""The places of the records (`catalogue.searching.filing_ranks`) that this process remembers.

Those of an order are read when a library of some size is sorted so for the first time, and again
when they are worn, in steps of some milliseconds, each a wide read of its own behind what else
waits. Until then it is sorted without them, or with the old ones.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from catalogue.database import Kept, Transaction
from catalogue.searching.filing_ranks import FilingRanks, read_ranks


class RememberedRanks:
    """The ranks of one database, by the point of their key."""

    def __init__(self, kept: Kept) -> None:
        self.ranks: dict[str, FilingRanks] = {}
        self._read_later = kept.read_later
        self._reading: _Reading | None = None
        self._beginning = threading.Lock()

    def read(self, point: str) -> None:
        """Has those of a point read, unless some are being read: who sorts next asks again."""
        with self._beginning:
            if self._reading is not None:
                return
            self._reading = _Reading(point)
        self._go_on(self._reading)

    def _go_on(self, reading: _Reading) -> None:
        try:
            step = self._read_later(reading.step)
        except RuntimeError:  # DatabaseClosed, or its pool is
            return
        step.add_done_callback(lambda done: self._has_stepped(reading, done))

    def _has_stepped(self, reading: _Reading, done: Future[bool]) -> None:
        if not done.cancelled() and done.exception() is None and done.result():
            self._go_on(reading)
            return
        if reading.ranks is not None:
            self.ranks[reading.point] = reading.ranks
        self._reading = None  # where it failed, the next sort begins anew


class _Reading:
    """Reading ranks step by step. A database may do a step twice, where it met trouble."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.ranks: FilingRanks | None = None
        self._steps = read_ranks(point)
        next(self._steps)

    def step(self, transaction: Transaction) -> bool:
        """One more step; False where there is none left, or none that could be done."""
        try:
            self._steps.send(transaction)
        except StopIteration as end:
            self.ranks = self.ranks or end.value
            return False
        return True


def remembered_ranks(transaction: Transaction) -> RememberedRanks | None:
    """What the process remembers of the transaction's database; None where nothing is."""
    kept = transaction.kept
    if kept is None:
        return None
    found = kept.memory.get(RememberedRanks)
    if found is None:
        found = kept.memory.setdefault(RememberedRanks, RememberedRanks(kept))
    assert isinstance(found, RememberedRanks)
    return found
