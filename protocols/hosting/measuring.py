"""What is counted of the work that is done: cheap to note down, added up when somebody asks.

A listener wraps its way to an answer in `Meter.traced`; `protocols.hosting.answering` notes what a
request waited for (`protocols.hosting.traces`).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from os import getpid
from secrets import token_hex
from time import perf_counter
from typing import Any, Final

from catalogue.tracing import here
from protocols.hosting.slow_requests import SlowRequests
from protocols.hosting.traces import FAILED, REFUSED, Kind, LaneMeasures, Times, Trace

#: Requests after which what was noted is added up, so that memory does not fill: a power of two.
NOTED: Final = 2048

Reply = Callable[[Any], None]


class Meter:
    """The requests and the connections of one standard."""

    def __init__(self, name: str, measures: Measures) -> None:
        self.name = name
        self.kinds: dict[str, Kind] = {}
        self.slow = 0
        self._measures = measures
        self._numbers = measures.numbers
        self._slow = measures.slow_requests
        self._open: list[Callable[[], int]] = []

    def watch_connections(self, open_now: Callable[[], int]) -> None:
        """Counts the connections that one of its listeners holds."""
        self._open.append(open_now)

    @property
    def connections(self) -> int | None:
        """Those that are open now; None where the standard has no connections of its own."""
        return sum(each() for each in self._open) if self._open else None

    def kind(self, name: str) -> Kind:
        """All requests of that kind."""
        known = self.kinds.get(name)
        if known is None:
            known = self.kinds[name] = Kind(name, self._measures.process)
        return known

    def begin(self, kind: str) -> Trace:
        """A request has arrived. `kind` is one of a closed list, whatever a caller may write."""
        trace = Trace()
        trace.kind = self.kinds.get(kind) or self.kind(kind)
        trace.number = number = next(self._numbers)
        if not number % NOTED:
            self._measures.add_up()
        trace.began = perf_counter()
        return trace

    def end(self, trace: Trace, outcome: str) -> None:
        """Its answer is there."""
        took = perf_counter() - trace.began
        if trace.failed:
            outcome = FAILED
        elif trace.refused:
            outcome = REFUSED
        trace.kind.times[outcome].note(took)
        slow = self._slow
        if took >= slow.seconds:
            self.slow += 1
            slow.tell(self.name, trace, took, outcome)

    def traced(
        self, outcome_of: Callable[[Any], str], answer: Callable[[Any, Reply], None]
    ) -> Callable[[Any, Reply], None]:
        """A way to an answer, measured; the class of a request is its kind."""
        begin, end = self.begin, self.end

        def answer_traced(request: Any, reply: Reply) -> None:
            trace = begin(type(request).__name__)

            def reply_traced(response: Any) -> None:
                end(trace, outcome_of(response))
                reply(response)

            before, here.request = here.request, trace
            try:
                answer(request, reply_traced)
            finally:
                here.request = before

        return answer_traced


class Lag:
    """How late the reactor was: by how much a timer fired too late, in seconds."""

    def __init__(self) -> None:
        self.last = 0.0
        self.times = Times()

    def note(self, seconds: float) -> None:
        self.last = max(seconds, 0.0)
        self.times.note(self.last)


class Measures:
    """Everything that one process has counted since it began."""

    def __init__(self) -> None:
        #: Goes before the number of a request, so that no two processes give the same id.
        self.process = token_hex(4)
        self.pid = getpid()
        self.numbers = count(1)
        self.meters: dict[str, Meter] = {}
        self.lanes: tuple[LaneMeasures, ...] = ()
        self.verifications = Times()
        self.verifying = 0
        self.lag = Lag()
        self.slow_requests = SlowRequests()

    def meter(self, standard: str) -> Meter:
        """The one of a standard; the same for all its listeners."""
        return self.meters.setdefault(standard, Meter(standard, self))

    def tell_slow(self, seconds: float) -> None:
        """Logs requests that take that long or longer; 0: none."""
        self.slow_requests.seconds = seconds or float("inf")

    def add_up(self) -> None:
        """Adds up what was noted since the last time."""
        for meter in self.meters.values():
            for kind in meter.kinds.values():
                for times in kind.times.values():
                    times.add_up()
        for lane in self.lanes:
            for times in (lane.waits, lane.runs, lane.commits):
                times.add_up()
        self.verifications.add_up()
        self.lag.times.add_up()
