"""One request on its way to its answer, and how long each part of the way took.

Moments are those of `time.perf_counter`, times are in seconds. All of this is done in the reactor's
thread, apart from the moments that a worker writes into the `Passage` it works on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from catalogue.tracing import here

#: Upper bounds of what times are counted in; what took longer is counted beyond the last.
BOUNDS: Final = (
    *(0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)

OK: Final = "ok"
REFUSED: Final = "refused"  # answered as the standard says no
FAILED: Final = "failed"  # a fault of ours: the caller was told so, and the log why


class Times:
    """How many times fell between which bounds, and their sum. `note` takes one more."""

    __slots__ = ("_counts", "_noted", "_total", "note")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._total = 0.0
        self._noted: list[float] = []
        self.note: Callable[[float], None] = self._noted.append

    def add_up(self) -> None:
        """Empties what was noted into the counts."""
        counts = self._counts
        for seconds in self._noted:
            counts[bisect_left(BOUNDS, seconds)] += 1
        self._total += sum(self._noted)
        self._noted.clear()

    @property
    def counts(self) -> tuple[int, ...]:
        """A number for each bound, and one for what took longer than the last."""
        self.add_up()
        return tuple(self._counts)

    @property
    def total(self) -> float:
        self.add_up()
        return self._total


class Passage:
    """One piece of work on its way through a lane."""

    lane: LaneMeasures
    #: The one of the same request before this one.
    earlier: Passage | None = None
    asked: float
    #: Of the first try, and of the last: work that lost a race runs again.
    began = 0.0
    ended = 0.0
    #: When it was committed; 0 where it ran in the reactor, in which case it never waited.
    done = 0.0
    tries = 0

    @property
    def waited(self) -> float:
        return self.began - self.asked if self.done else 0.0

    @property
    def ran(self) -> float:
        return self.ended - self.began

    @property
    def committed(self) -> float:
        return self.done - self.ended if self.done else 0.0


class LaneMeasures:
    """What the work in one lane has waited and taken so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.waits = Times()
        self.runs = Times()
        self.commits = Times()
        self.retries = 0
        self.under_way = 0
        #: When work in it ended last, by `perf_counter`.
        self.last = float("-inf")

    def leave(self, passage: Passage) -> None:
        """Work is done, or undone; without a moment of commit it was done at once."""
        began, ended, done = passage.began, passage.ended, passage.done
        self.last = ended
        if done:
            self.under_way -= 1
            if not passage.tries:  # it never began: the database was gone
                return
            self.waits.note(began - passage.asked)
            self.commits.note(done - ended)
            self.retries += passage.tries - 1
        self.runs.note(ended - began)


class Kind:
    """All requests of one kind of message; a row of `times` for each outcome."""

    def __init__(self, name: str, process: str) -> None:
        self.name = name
        self.process = process
        self.times: defaultdict[str, Times] = defaultdict(Times)


class Trace:
    """One request from the wire to its answer, and what took the time."""

    kind: Kind
    number: int
    began: float
    passage: Passage | None = None  # the last
    #: Seconds for which a PIN was being checked, or waited to be.
    hashed = 0.0
    #: Said on the way, whatever the answer looks like.
    failed = False
    refused = False

    @property
    def id(self) -> str:
        """See `catalogue.tracing.Traced`."""
        return f"{self.kind.process}-{self.number:x}"

    @property
    def passages(self) -> list[Passage]:
        """Through the lanes, the last one first; none where it was answered at once."""
        found, passage = [], self.passage
        while passage is not None:
            found.append(passage)
            passage = passage.earlier
        return [each for each in found if each.tries]


def current_trace() -> Trace | None:
    """The request that the reactor works on."""
    return here.request  # type: ignore[return-value]  # a server sets nothing else


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    """What is done here is done for that request."""
    before, here.request = here.request, trace
    try:
        yield
    finally:
        here.request = before


def mark_failed() -> None:
    """The request under way falls to a fault of ours."""
    trace = current_trace()
    if trace is not None:
        trace.failed = True


def mark_refused() -> None:
    """The request under way is refused, where its answer does not show that."""
    trace = current_trace()
    if trace is not None:
        trace.refused = True
