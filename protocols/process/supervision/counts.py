"""What the workers have counted, as the supervisor keeps it; the standard library alone.

A worker tells its counts as ``{"added": {sample: number}, ...}``. What is in ``added`` only ever
grows and outlives the worker: of one that is gone it goes on in the sums of all that are gone, so
that a sum over all workers does not fall when one is replaced. Anything else is between the
workers, and goes with the one that told it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

Counts = dict[str, Any]


@dataclass
class _Question:
    """Asked by a worker; open until nobody is `missing`, or it is late."""

    asker: int
    number: int
    missing: set[int]
    until: float


class Answered(NamedTuple):
    """A question that can be answered now; `late` are those who have told nothing in time."""

    asker: int
    number: int
    late: set[int]


class Census:
    """What each worker told last, and the sums of those that are gone.

    What a question was answered with is in here, so that whatever becomes of a worker no sum is
    ever told to be less than before.
    """

    def __init__(self) -> None:
        self.told: dict[int, Counts] = {}
        self.gone: Counter[str] = Counter()
        self._open: list[_Question] = []

    def ask(
        self, asker: int, number: int, counts: Counts, others: Iterable[int], until: float
    ) -> None:
        """A worker tells what it has counted, and wants to know it of the others too."""
        self.told[asker] = counts
        self._open.append(_Question(asker, number, set(others) - {asker}, until))

    def tell(self, number: int, counts: Counts) -> None:
        self.told[number] = counts
        self._is_heard(number)

    def has_ended(self, number: int) -> None:
        self.gone.update(self.told.pop(number, {}).get("added", {}))
        self._open = [each for each in self._open if each.asker != number]
        self._is_heard(number)

    def _is_heard(self, number: int) -> None:
        for question in self._open:
            question.missing.discard(number)

    def answered(self, now: float) -> Iterator[Answered]:
        """Questions that are over."""
        for question in tuple(self._open):
            if not question.missing or question.until <= now:
                self._open.remove(question)
                yield Answered(question.asker, question.number, question.missing)

    def wake(self, now: float) -> float:
        """When `answered` wants to be asked next, at the latest."""
        return min((each.until for each in self._open), default=now + 60.0)

    # For the supervisor that takes the place of this one

    def handed_on(self) -> dict[str, Any]:
        return {"told": list(self.told.items()), "gone": self.gone}

    def take_over(self, handed_on: dict[str, Any]) -> None:
        self.told = dict(handed_on["told"])
        self.gone = Counter(handed_on["gone"])
