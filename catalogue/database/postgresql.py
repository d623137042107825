"""The database for many processes: PostgreSQL through psycopg 3 and a pool of worker threads.

Each job is one transaction on one connection, run inside a pipeline
(`catalogue.database.pipelines`): statements whose result nobody waits for
(`catalogue.database.statements.send` and `lock`) travel with the next one that does, so a check-out
needs three round trips. Of the connections that are free it is the one that was used last: a new
one has to plan each statement first, so little work stays on few of them. READ COMMITTED; who must
not race takes row locks in a statement of their own before reading the facts. A job that fell to a
deadlock, a serialisation failure or a constraint that a competitor reached first is run again, and
so is one whose connection broke before the commit was sent. A server that is gone is waited for and
tried by a thread of its own until it is back (`catalogue.database.outages`); where the URL names
several, each new connection goes to the one that takes changes (`catalogue.database.connections`).
Reads that may lag are a replica's, if there is one (`catalogue.database.replicas`).
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg import errors

from catalogue.database.commits import CommitOutcome, confirm, find_outcome
from catalogue.database.connections import bounded, first_line, place_of, refuse_single_statements
from catalogue.database.contract import Call, DatabaseClosed, Following, Work
from catalogue.database.outages import PATIENCE, DatabaseUnavailable, Outage, OutcomeUnknown
from catalogue.database.pipelines import (
    CommitInDoubt,
    CommitUnanswered,
    Pipeline,
    RequestInProgress,
    StalePlan,
    TransactionId,
    Unanswered,
)
from catalogue.database.presence import Presence
from catalogue.database.replica_watch import POSITION
from catalogue.database.replicas import Replica, ReplicaRead
from catalogue.database.sessions import session
from catalogue.database.transactions import Kept, Transaction

T = TypeVar("T")

#: Worker threads, and connections at most; more gain nothing on two cores.
WORKERS = 8
#: Attempts of one job before its error reaches the caller.
ATTEMPTS = 8
#: Seconds for which the outcome of a commit is looked for at least, however late it is.
LOOKS_FOR = 2.0

#: After these the transaction is known not to have happened, and another try may succeed.
_LOST_RACES = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
    errors.ForeignKeyViolation,  # what was to be referred to has just gone
    errors.PipelineAborted,
)
#: The server is there and takes no changes.
_REFUSES_CHANGES = (errors.DiskFull, errors.ReadOnlySqlTransaction)
#: The work asks for more than the server ever does, such as a text that is longer than an index
#: holds: it fails whenever it is tried, and the database is well.
_BEYOND_LIMITS = (
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
    errors.TooManyColumns,
    errors.TooManyArguments,
)


def _is_last(error: psycopg.Error) -> bool:
    """Whether the server, or a pooler before it, ends the connection with it, which may look sound
    for a moment longer."""
    said = error.diag.severity_nonlocalized or error.diag.severity  # a pooler has one language
    return said in ("FATAL", "PANIC")


class _Job(NamedTuple):
    """Work, its answer, when it was handed in (monotonic seconds), and whether it may change
    something. `tells`: whether the replica must have what it saw or did before later reads."""

    work: Work[Any]
    answer: Future[Any]
    asked: float
    writes: bool
    tells: bool


#: Whether the server takes no changes, and one that leaves nothing behind.
_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"
_A_CHANGE = "CREATE TEMPORARY TABLE tiro_tries_again ON COMMIT DROP AS SELECT 1 AS one"


class PostgresqlDatabase:
    """A `catalogue.database.Database` on a PostgreSQL server (``postgresql://...``)."""

    dialect = "postgresql"
    reads_here = False

    def __init__(
        self,
        url: str,
        workers: int = WORKERS,
        patience: float = PATIENCE,
        following: Following | None = None,
        served_by: str | None = None,
        direct: str | None = None,
    ) -> None:
        self.url = url
        self._is_served = served_by is not None
        # A pooler has to tell the server the name of each connection that it gives a session to.
        self._conninfo = bounded(url, patience, served_by if direct is None else None)
        self._patience = patience
        self.outage = Outage(f"the database {place_of(url)}", patience)
        self._is_gone = False  # in an outage: nobody answers there, so reads fail as well
        self._is_stuck = False  # in an outage: commits are not answered, so none is begun
        self._has_stale_pool = False  # a pool has prepared statements for other types
        self._stopping = threading.Event()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        self._kept = Kept(lambda work: self.read(work, wide=True, may_lag=True))
        # The first is made now: a wrong address or password is an error at once, not later.
        first = self._connected()
        self._free: deque[Pipeline] = deque([first])
        self._presence: Presence | None = None
        if served_by is not None and (direct is not None or first.is_pooled):
            try:
                with psycopg.connect(self._conninfo, autocommit=True) as trial:
                    refuse_single_statements(trial, url)
                self._presence = Presence(direct or url, patience, served_by)
            except BaseException:
                first.close()
                raise
        self._workers = [
            threading.Thread(target=self._work, name=f"tiro-postgresql-{number}", daemon=True)
            for number in range(workers)
        ]
        for worker in self._workers:
            worker.start()
        self.replica: Replica | None = None
        if following is not None:
            self.replica = Replica(
                following.url, url, following.lag_seconds, workers, self._do_instead, self._kept
            )

    def read(self, work: Work[T], *, wide: bool = False, may_lag: bool = False) -> Future[T]:
        return self._submit(work, writes=False, may_lag=may_lag)

    def read_here(self, work: Work[T]) -> T:
        """Waits, as nobody should who serves."""
        return self.read(work).result()

    def write(self, work: Work[T], *, short: bool = False) -> Future[T]:
        return self._submit(work, writes=True)

    def write_here(self, soon: Call, from_thread: Call) -> None:
        """Of no use: a server is waited for with each statement."""

    def defer_release(self, later: Callable[[Callable[[], None]], object]) -> None:
        """Nothing to share: each read is a transaction of a worker."""

    def see_others(self) -> None:
        """Each read does."""

    def _submit(self, work: Work[T], *, writes: bool, may_lag: bool = False) -> Future[T]:
        answer: Future[T] = Future()
        replica, asked = self.replica, time.monotonic()
        with self._closing:
            if self._closed:
                raise DatabaseClosed(self.url)
            if replica is None:
                self._jobs.put(_Job(work, answer, asked, writes, False))
            elif may_lag and (wanted := replica.wanted()) is not None:
                replica.submit(ReplicaRead(work, answer, asked, wanted))
            else:
                self._jobs.put(_Job(work, answer, asked, writes, writes or may_lag))
        return answer

    def _do_instead(self, read: ReplicaRead) -> None:
        """Lets the primary do what the replica did not."""
        self._jobs.put(_Job(read.work, read.answer, read.asked, False, True))

    def waiting(self) -> int:
        return self._jobs.qsize() + (0 if self.replica is None else self.replica.waiting())

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
        if self.replica is not None:
            self.replica.close()  # what it hands back is done below
        self._stopping.set()
        for _ in self._workers:
            self._jobs.put(None)
        for worker in self._workers:
            worker.join()
        while self._free:
            self._free.pop().close()
        if self._presence is not None:
            self._presence.close()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            answer = job.answer
            # What the replica had begun is running already.
            if not answer.running() and not answer.set_running_or_notify_cancel():
                continue
            connection = self._taken()
            try:
                connection, result = self._run(connection, job)
            except BaseException as error:
                self._give_back(connection)
                answer.set_exception(error)
            else:
                self._give_back(connection)  # first: whoever gets the answer may go on with it
                answer.set_result(result)

    def _taken(self) -> Pipeline | None:
        """The connection that was used last of those that are free."""
        try:
            return self._free.pop()
        except IndexError:
            return None

    def _give_back(self, connection: Pipeline | None) -> None:
        if connection is not None and not connection.closed:
            self._free.append(connection)

    def _run(self, connection: Pipeline | None, job: _Job) -> tuple[Pipeline, Any]:
        """Runs work until it is committed; gives the connection to go on with."""
        attempt, has_moved = 0, False
        while True:
            attempt += 1
            if connection is not None and connection.closed:
                connection = None
            try:
                self._refuse_in_outage(job, connection)
                if connection is None:
                    connection = self._connected()
                connection.begin(writes=job.writes)
                result = job.work(
                    Transaction(
                        "postgresql",
                        connection.execute,
                        connection.execute_many,
                        kept=None if job.writes else self._kept,
                    )
                )
                return self._commit(connection, job), result
            except _LOST_RACES:
                self._roll_back(connection)
                if attempt == ATTEMPTS:
                    raise
                # Losers of one race must not meet again at once.
                time.sleep(random.random() * 0.002 * attempt)  # noqa: S311
            except _BEYOND_LIMITS:
                self._roll_back(connection)
                raise
            except (psycopg.OperationalError, *_REFUSES_CHANGES) as error:
                self._roll_back(connection)
                if connection is not None and _is_last(error):
                    connection.close()
                if isinstance(error, errors.ReadOnlySqlTransaction) and connection is not None:
                    # It may be a primary no more: where there is another, that takes the work.
                    connection.close()
                    if has_moved or self.outage.reason is not None:
                        raise self._refused(error) from error
                    has_moved = True
                    continue
                self._may_try_again(connection, error)
                self._wait(attempt, job, error)
            except BaseException:
                self._roll_back(connection)
                raise

    def _refuse_in_outage(self, job: _Job, connection: Pipeline | None) -> None:
        is_stuck = job.writes and self._is_stuck and self.outage.reason is not None
        if is_stuck or (connection is None and self._is_gone and self.outage.is_old):
            raise self.outage.error()

    def _commit(self, connection: Pipeline, job: _Job) -> Pipeline:
        """Commits the work of a job; gives the connection to go on with.

        Raises OutcomeUnknown, or an error of psycopg where the work is known not to have happened.
        """
        # What waits for a lock is told so sooner.
        within = self._patience + 1.0 if job.writes else None
        replica = self.replica if job.tells else None
        then = None if replica is None else POSITION
        try:
            position = connection.commit(writes=job.writes, then=then, within=within)
        except psycopg.Error as error:
            if not connection.leaves_open(error):
                raise
            if connection.is_committed and replica is None:
                self._roll_back(connection)
                return connection
            connection, position = self._found_committed(connection, job, error)
        if replica is not None:
            replica.must_hold(position)
        return connection

    def _found_committed(
        self, broken: Pipeline, job: _Job, error: psycopg.Error
    ) -> tuple[Pipeline, int]:
        """Finds out what became of a commit: where it was kept, gives another connection and its
        position. Raises OutcomeUnknown, or OperationalError where it was not kept."""
        transaction = broken.transaction_id
        broken.close()
        if isinstance(error, CommitUnanswered):
            self._is_stuck = True
            self._begin_outage(
                "a commit was waited for in vain: its disk is slow, or no synchronous replica"
                " answers it"
            )
        # What was taken with a warning is there, and may be lost in a failover.
        if transaction is not None and not isinstance(error, CommitInDoubt):
            found = self._looked_up(transaction, job)
            if isinstance(found, tuple):
                return found
            if found is CommitOutcome.NOT_COMMITTED:
                raise psycopg.OperationalError(first_line(error)) from error
        self.outage.complain(
            f"what became of a commit could not be found out: {first_line(error)}",
            "the caller was not told that the request was refused",
        )
        raise OutcomeUnknown(first_line(error)) from error

    def _looked_up(
        self, transaction: TransactionId, job: _Job
    ) -> tuple[Pipeline, int] | CommitOutcome:
        """What became of the transaction, looked up until it is decided or time is over; where it
        was committed, the connection that said so, and its position."""
        until = max(job.asked + self._patience, time.monotonic() + LOOKS_FOR)
        connection: Pipeline | None = None
        pause = 0.01
        while True:
            outcome: CommitOutcome | None = None
            try:
                if connection is not None and connection.closed:
                    connection = None
                if connection is None:
                    connection = self._connected()
                within = max(0.5, until - time.monotonic())
                outcome = find_outcome(connection, transaction, within)
                if outcome is CommitOutcome.COMMITTED:
                    return connection, confirm(connection, within)
            except psycopg.Error as error:
                if connection is None:
                    self._is_gone = True
                    self._begin_outage(first_line(error))
                else:
                    connection.close()
                    outcome = None
            is_late = time.monotonic() + pause > until
            if outcome is not None or is_late or self._stopping.wait(pause):
                break
            pause = min(1.0, pause * 2)
        if connection is not None:
            connection.close()
        return outcome or CommitOutcome.UNKNOWN

    def _may_try_again(self, connection: Pipeline | None, error: psycopg.Error) -> None:
        """Raises what the caller is told, unless the connection is gone and nothing was done."""
        if connection is not None and not connection.closed:
            raise self._refused(error) from error
        if isinstance(error, StalePlan) and connection is not None and connection.is_pooled:
            # The pool prepares the same text under the same name for a new connection.
            self._has_stale_pool = True
        if connection is None or isinstance(error, Unanswered):
            self._is_gone = True
            self._begin_outage(first_line(error))

    def _connected(self) -> Pipeline:
        connection = session(self._conninfo, self._patience, served=self._is_served)
        if self._has_stale_pool:
            connection.keeps_names = False
        self._is_gone = False
        return connection

    def _wait(self, attempt: int, job: _Job, error: psycopg.Error) -> None:
        """For a moment, before work is tried again; raises where it has waited long enough."""
        pause = min(1.0, 0.025 * 2**attempt)
        is_late = time.monotonic() + pause - job.asked > self._patience
        is_over = is_late or (self._is_gone and self.outage.is_old)
        if is_over or self._stopping.wait(pause):
            raise DatabaseUnavailable(first_line(error)) from error

    def _refused(self, error: psycopg.Error) -> Exception:
        """The error of work that the server refused while the connection holds."""
        if isinstance(error, RequestInProgress):
            self.outage.complain(
                "a request was repeated while it was still in progress",
                "the caller was not told that the request was refused",
            )
            return OutcomeUnknown(first_line(error))
        if isinstance(error, _REFUSES_CHANGES):
            self._begin_outage(first_line(error))
        elif isinstance(error, errors.LockNotAvailable):
            self.outage.complain("a lock was waited for in vain, somebody keeps it")
        else:
            self.outage.complain(first_line(error))
        return DatabaseUnavailable(first_line(error))

    def trouble(self) -> str | None:
        return self.outage.reason

    def _begin_outage(self, reason: str) -> None:
        if self.outage.begin(reason):
            threading.Thread(
                target=self._try_again, name="tiro-postgresql-again", daemon=True
            ).start()

    def _try_again(self) -> None:
        """Until the server is there and takes changes."""
        while not self._stopping.wait(self.outage.try_every):
            try:
                connection = self._connected()
            except psycopg.Error:
                continue
            try:
                connection.begin(writes=True)
                if not connection.execute(_READ_ONLY).fetchone()[0]:
                    connection.execute(_A_CHANGE)
                    connection.commit(writes=True)
                    self._is_stuck = False
                    self.outage.end()
                    return
            except errors.InsufficientPrivilege:  # nobody can tell but by trying in earnest
                self._is_stuck = False
                self.outage.end()
                return
            except psycopg.Error:
                pass
            finally:
                connection.close()

    @staticmethod
    def _roll_back(connection: Pipeline | None) -> None:
        if connection is None or connection.closed:
            return
        try:
            connection.roll_back()
        except psycopg.Error:
            connection.close()
