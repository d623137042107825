"""From a request to its answer: which lane it runs in, and the way back to the reactor.

A handler is a plain function ``(request, caller, context) -> response`` that runs inside one
transaction, so whatever it does happens whole or not at all. Bounded reads on SQLite run at once,
in the reactor, without a thread hop, and short writes at the end of its turn; other writes and
wide reads come back from another thread, and all that are ready share one wake-up of the reactor.
A PIN not seen before is hashed in a thread of its own, and the handler then runs again from the
start.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from enum import Enum
from functools import partial
from threading import get_ident
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from catalogue.database import Call, Database, Transaction
from catalogue.tracing import Traced, here
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED, Desk
from circulation.patrons.pins import PINS, VerificationNeeded
from circulation.staff.lookups import Lookup, note_lookups
from protocols.hosting.failures import OpenRequests
from protocols.hosting.lookups import LookupLog
from protocols.hosting.measuring import Measures
from protocols.hosting.traces import LaneMeasures, Passage, Trace, current_trace, mark_failed

if TYPE_CHECKING:
    from protocols.hosting.peers import Peers

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds that bounded reads may share one snapshot of the database.
SNAPSHOT_SECONDS = 0.02
#: A handler that asks for more PIN checks than this has a fault.
VERIFICATIONS_PER_REQUEST = 3
#: Seconds after a change for which somebody is taken to lend.
LENDS_SECONDS = 2.0
#: Threads that check PINs.
HASHING_THREADS = 2


class Lane(Enum):
    """Where a handler's work runs."""

    READ = "a bounded read: in the reactor where the database allows it"
    WIDE_READ = "a read whose cost is not known beforehand: always in a thread"
    SHORT_WRITE = "a change of a few statements: in the reactor where the database allows it"
    WRITE = "any other transaction that changes something: in a thread"

    __hash__ = object.__hash__  # each request looks its lane up; that of enumerations is slow


_WRITES = (Lane.SHORT_WRITE, Lane.WRITE)


class Stage(Enum):
    """Where the process is in its life."""

    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"  # work under way is finished, and none taken on


class Context(NamedTuple):
    """What a handler may use: one open transaction, the rules, and the time of the request."""

    transaction: Transaction
    circulation: Circulation
    now: datetime
    lookups: list[Lookup]

    def looked_up(self, lookup: Lookup) -> None:
        """Notes that somebody has looked at patrons; the answer waits until that is durable."""
        self.lookups.append(lookup)

    def act(self, desk: Desk = UNATTENDED) -> Act:
        """What is done at that desk, or at none."""
        return Act(self.transaction, self.circulation, desk, self.now)


#: Gets the answer or, where there is none, the error: exactly one of them is not None.
Done = Callable[[Any, BaseException | None], None]


#: Work that is done, who goes on with it, and for which request.
_Arrival = tuple[Future[Any], Callable[[Future[Any]], None], Traced | None]


def _fail(done: Done, error: BaseException) -> None:
    mark_failed()
    done(None, error)


class Services:
    """The engines as the listeners reach them; one for the process, used in the reactor's thread.

    `call_from_thread` and `call_later` are the reactor's, and so is `call_soon`, for use in its
    own thread: the end of the turn is early enough. `clock` gives the present, in UTC.
    `measures` are what it counts; `stage` and `peers`, where it is not alone, are set by the
    server.
    """

    peers: Peers | None = None

    def __init__(
        self,
        database: Database,
        circulation: Circulation,
        clock: Callable[[], datetime],
        call_from_thread: Callable[..., object],
        call_later: Callable[..., object],
        call_soon: Call | None = None,
    ) -> None:
        self.database = database
        self.circulation = circulation
        self.clock = clock
        self.measures = Measures()
        self.stage = Stage.STARTING
        reads, wide_reads, writes = self.measures.lanes = (
            LaneMeasures("read"),
            LaneMeasures("wide_read"),
            LaneMeasures("write"),
        )
        self._lanes = {
            Lane.READ: reads,
            Lane.WIDE_READ: wide_reads,
            Lane.SHORT_WRITE: writes,
            Lane.WRITE: writes,
        }
        self.open_requests = OpenRequests()
        self._call_from_thread = call_from_thread
        self._thread = get_ident()
        self._arrived: deque[_Arrival] = deque()
        self._hashing = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="tiro-pin")
        self._lookup_log = LookupLog(database, self._when_done)
        self._before_close: list[Callable[[], object]] = []
        database.defer_release(lambda release: call_later(SNAPSHOT_SECONDS, release))
        database.write_here(call_soon or call_from_thread, call_from_thread)

    def lends(self) -> bool:
        """Has somebody changed something within the last moments?"""
        return perf_counter() < self._lanes[Lane.WRITE].last + LENDS_SECONDS

    def perform(
        self,
        lane: Lane,
        work: Callable[[Context], T],
        done: Done,
        *,
        may_lag: bool = False,
        checked: int = 0,
    ) -> None:
        """Runs `work` in `lane` and calls `done` in the reactor, at once where it can.

        `may_lag`: a read that a replica may answer (`catalogue.database.Database.read`).
        `checked` PINs have been checked for it already.
        """
        if lane is Lane.READ and self.database.reads_here:
            self._read_here(work, done, checked)
            return
        now = self.clock()
        trace = current_trace()
        passage = self._passage(lane, trace)
        lookups: list[Lookup] = []
        writes = lane in _WRITES

        def run(transaction: Transaction) -> T:
            if (tries := passage.tries) == 0:
                passage.began = perf_counter()
            passage.tries = tries + 1
            before, here.request = here.request, trace
            try:
                lookups.clear()  # of a try before
                answer = work(Context(transaction, self.circulation, now, lookups))
                if lookups and writes:  # it notes itself who was looked at
                    note_lookups(transaction, lookups, now)
                return answer
            finally:
                passage.ended = perf_counter()
                here.request = before

        def finish(future: Future[T]) -> None:
            passage.lane.leave(passage)
            error = future.exception()
            if error is None:
                self._give(future.result(), () if writes else lookups, now, done)
            elif isinstance(error, VerificationNeeded) and checked < VERIFICATIONS_PER_REQUEST:
                again = partial(self.perform, lane, work, done, may_lag=may_lag)
                self._verify(error, partial(again, checked=checked + 1))
            else:
                _fail(done, error)

        try:
            if writes:
                future = self.database.write(run, short=lane is Lane.SHORT_WRITE)
            else:
                future = self.database.read(run, wide=lane is Lane.WIDE_READ, may_lag=may_lag)
        except Exception as error:  # closed: the caller gets the protocol's own refusal
            _fail(done, error)
            return
        passage.lane.under_way += 1
        self._when_done(future, finish, passage)

    def _read_here(self, work: Callable[[Context], T], done: Done, checked: int) -> None:
        """A bounded read, answered before this returns unless a PIN is to be checked first."""
        now, circulation = self.clock(), self.circulation
        lookups: list[Lookup] = []
        passage = self._passage(Lane.READ, current_trace())
        passage.began, passage.tries = passage.asked, 1
        failed: BaseException | None = None
        try:
            answer = self.database.read_here(
                lambda transaction: work(Context(transaction, circulation, now, lookups))
            )
        except BaseException as error:  # as a future would carry it
            failed = error
        passage.ended = perf_counter()
        passage.lane.leave(passage)
        if failed is None:
            self._give(answer, lookups, now, done)
        elif isinstance(failed, VerificationNeeded) and checked < VERIFICATIONS_PER_REQUEST:
            self._verify(failed, partial(self._read_here, work, done, checked + 1))
        else:
            _fail(done, failed)

    def _give(self, answer: Any, lookups: Sequence[Lookup], now: datetime, done: Done) -> None:
        """Gives the answer, once it is noted who was looked at; where that cannot be, none."""
        if not lookups:
            done(answer, None)
            return

        def noted(error: BaseException | None) -> None:
            if error is not None:
                mark_failed()
            done(None if error else answer, error)

        self._lookup_log.note(lookups, now, noted)

    def _passage(self, lane: Lane, trace: Trace | None) -> Passage:
        """A passage through the lane that begins now, the last so far of the request's."""
        passage = Passage()
        passage.lane = self._lanes[lane]
        if trace is not None:
            if trace.passage is not None:
                passage.earlier = trace.passage
            trace.passage = passage
        passage.asked = perf_counter()
        return passage

    def _verify(self, needed: VerificationNeeded, go_on: Callable[[], None]) -> None:
        """Has a PIN checked in a thread, and goes on in the reactor."""
        asked, trace = perf_counter(), current_trace()
        self.measures.verifying += 1
        verifying = self._hashing.submit(PINS.of(self.circulation).verify, needed)

        def verified(_: Future[Any]) -> None:
            took = perf_counter() - asked
            self.measures.verifying -= 1
            self.measures.verifications.note(took)
            if trace is not None:
                trace.hashed += took
            go_on()

        self._when_done(verifying, verified)

    def _when_done(
        self,
        future: Future[Any],
        finish: Callable[[Future[Any]], None],
        passage: Passage | None = None,
    ) -> None:
        """Calls `finish` in the reactor with all others that are ready by then."""
        trace = here.request

        def arrived(ready: Future[Any]) -> None:  # in the thread that did the work
            if passage is not None:
                passage.done = perf_counter()
            if get_ident() == self._thread:
                self._finish(ready, finish, trace)
                return
            first = not self._arrived
            self._arrived.append((ready, finish, trace))
            if first:
                self._call_from_thread(self._deliver)

        future.add_done_callback(arrived)

    def _deliver(self) -> None:
        while self._arrived:
            self._finish(*self._arrived.popleft())

    @staticmethod
    def _finish(
        future: Future[Any], finish: Callable[[Future[Any]], None], trace: Traced | None
    ) -> None:
        before, here.request = here.request, trace
        try:
            finish(future)
        except Exception:  # one reply that fails must not keep back the others
            log.exception("a reply could not be delivered")
        finally:
            here.request = before

    def before_close(self, work: Callable[[], object]) -> None:
        """Has `work` called once before the database closes, in any thread."""
        self._before_close.append(work)

    def close(self) -> None:
        """Waits for the hashing under way; the database is its owner's to close."""
        for work in self._before_close:
            try:
                work()
            except Exception:  # what cannot be written down must not keep the rest from closing
                log.exception("something was left undone at the end")
        self._hashing.shutdown(cancel_futures=True)
