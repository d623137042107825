"""A streaming replica of PostgreSQL, which answers the reads that may lag.

Two things hold for such a read, wherever it is answered. It sees every write that this process was
answered before, and everything that anybody was answered longer ago than the set lag. Both are
positions in the log of the primary, compared with how far the replica has replayed it; no clock of
a server comes into it:

* after each commit the primary is asked, in the same trip, how far its log is on disk: up to there
  the replica must have replayed what this process is to find again;
* a thread (`catalogue.database.replica_watch`) asks the primary the same every so often, and then
  the replica how far it is. The newest of these positions that was reached tells of a moment of
  which the replica has everything; from then on it may answer until the lag has passed, and the
  position must be reached in any case.

The larger of the two is the position that a read wants. The replica tells how far it is as the
first statement of the read, in a trip that is made anyway; the answer counts only if it was far
enough. Otherwise, and whenever the replica fails, is gone or hangs, the read is done again by the
primary, and nobody is told but the log (once) and the metrics. Past the lag nothing is sent to the
replica at all. While the primary is gone, searches go on until then.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple

import psycopg

from catalogue.database.connections import BELIEVED_FOR, bounded
from catalogue.database.contract import Work
from catalogue.database.pipelines import Pipeline
from catalogue.database.replica_watch import REPLAYED, ReplicaWatch
from catalogue.database.sessions import session
from catalogue.database.transactions import Kept, Transaction


class ReplicaRead(NamedTuple):
    """Work for the replica: with its answer, when it was asked for, and the position it wants."""

    work: Work[Any]
    answer: Future[Any]
    asked: float
    wanted: int


class Replica:
    """The replica at `url`, beside the primary at `primary`; used by any thread.

    `lag` is in seconds. `hand_back` has work done by the primary that the replica did not do.
    """

    def __init__(
        self,
        url: str,
        primary: str,
        lag: float,
        workers: int,
        hand_back: Callable[[ReplicaRead], None],
        kept: Kept,
    ) -> None:
        self.answered = 0
        #: Reads that the primary did instead, by reason.
        self.instead: Counter[str] = Counter()
        self._conninfo = bounded(url, BELIEVED_FOR)
        self._hand_back = hand_back
        self._kept = kept
        self._counting = threading.Lock()
        self._own = 0  # the position of the last write that was answered here
        self._jobs: SimpleQueue[ReplicaRead | None] = SimpleQueue()
        self._lifelines: dict[int, socket.socket] = {}  # by thread: what its connection hangs on
        self._watch = ReplicaWatch(url, primary, lag, self._sever)
        self._sight = self._watch.sight
        self._workers = [
            threading.Thread(target=self._work, name=f"tiro-replica-{number}", daemon=True)
            for number in range(workers)
        ]
        self._watch.start()
        for worker in self._workers:
            worker.start()

    @property
    def lag_seconds(self) -> float | None:
        """How far it was behind at the last look; None: nobody knows."""
        return self._sight.lag_seconds

    @property
    def is_in_use(self) -> bool:
        """Whether reads are sent to it now."""
        return self._sight.is_fit

    def wanted(self) -> int | None:
        """The position that a read of this moment wants; None: the primary must do it."""
        if self._sight.is_fit:
            return max(self._own, self._sight.floor)
        self._count_instead(self._sight.why_not)
        return None

    def submit(self, job: ReplicaRead) -> None:
        self._jobs.put(job)

    def waiting(self) -> int:
        return self._jobs.qsize()

    def must_hold(self, position: int) -> None:
        """Something was seen or written here that every later read must find."""
        with self._counting:
            self._own = max(self._own, position)

    def close(self) -> None:
        """Finishes the work handed in, or hands it back."""
        self._watch.close()
        for _ in self._workers:
            self._jobs.put(None)
        for worker in self._workers:
            worker.join()

    def _count_instead(self, reason: str) -> None:
        with self._counting:
            self.instead[reason] += 1

    # Reads

    def _work(self) -> None:
        connection: Pipeline | None = None
        while (job := self._jobs.get()) is not None:
            if job.answer.set_running_or_notify_cancel():
                connection = self._answer(connection, job)
        self._let_go(connection)

    def _answer(self, connection: Pipeline | None, job: ReplicaRead) -> Pipeline | None:
        """Does one job, or hands it back; gives the connection to go on with."""
        result, failure, reached = None, None, -1
        try:
            if connection is None:
                connection = self._connected()
            connection.begin(writes=False)
            told = connection.execute(REPLAYED)
            try:
                result = job.work(
                    Transaction(
                        "postgresql",
                        connection.execute,
                        connection.execute_many,
                        kept=self._kept,
                    )
                )
            except psycopg.Error:
                raise
            except BaseException as error:
                failure = error
            reached = told.fetchone()[0] or -1
            if failure is None:
                connection.commit(writes=False)
            else:
                connection.roll_back()
        except psycopg.Error:
            # It is gone, or what the read was looking at had to be cleared away to go on replaying
            # (40001); what is wrong with the work itself the primary will say.
            self._let_go(connection)
            self._count_instead("failed")
            self._hand_back(job)
            return None
        if reached < job.wanted:
            self._count_instead("behind")
            self._hand_back(job)
            return connection
        with self._counting:
            self.answered += 1
        if failure is None:
            job.answer.set_result(result)
        else:
            job.answer.set_exception(failure)
        return connection

    def _connected(self) -> Pipeline:
        connection = session(self._conninfo, BELIEVED_FOR)
        # A descriptor of its own: libpq may close the other one at any time.
        lifeline = socket.socket(fileno=os.dup(connection.fileno()))
        with self._counting:
            self._lifelines[threading.get_ident()] = lifeline
        return connection

    def _let_go(self, connection: Pipeline | None) -> None:
        if connection is not None:
            connection.close()
        with self._counting:
            lifeline = self._lifelines.pop(threading.get_ident(), None)
        if lifeline is not None:
            lifeline.close()

    def _sever(self) -> None:
        """Lets nobody wait any longer for what the replica was asked."""
        with self._counting:
            for lifeline in self._lifelines.values():
                with suppress(OSError):  # it has ended already
                    lifeline.shutdown(socket.SHUT_RDWR)
