"""The grown-up database: PostgreSQL through psycopg 3 and a pool of worker threads.

Each job is one transaction on one worker's connection, run inside a pipeline
(`catalogue.pipelines`): statements whose result nobody waits for (`catalogue.statements.send` and
`lock`) travel with the next one that does, so a check-out needs three round trips. READ COMMITTED;
who must not race takes row locks in a statement of their own before reading the facts. A job that
fell to a deadlock, a serialisation failure or a constraint that a competitor reached first is run
again, and so is one whose connection broke before the commit was sent. A server that is gone is
waited for and tried by a thread of its own until it is back (`catalogue.outages`).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from catalogue.database import DatabaseClosed, Work
from catalogue.outages import PATIENCE, DatabaseUnavailable, Outage
from catalogue.pipelines import Pipeline
from catalogue.statements import Transaction

T = TypeVar("T")

#: Worker threads, each with its connection: measured, more gain nothing on two cores.
WORKERS = 8
#: Attempts of one job before its error reaches the caller.
ATTEMPTS = 8

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

#: Work, its answer, when it was handed in (monotonic seconds), and whether it may change something.
_Job = tuple[Work[Any], Future[Any], float, bool]


def _conninfo(url: str, patience: float) -> str:
    """`url`, with bounds on how long a server that does not answer is believed to be there."""
    told = conninfo_to_dict(url)
    told.setdefault("connect_timeout", max(2, min(10, round(patience))))
    told.setdefault("tcp_user_timeout", round(patience * 1000))
    return make_conninfo("", **told)


def _connected(url: str, patience: float) -> psycopg.Connection[Any]:
    """A connection for short statements.

    Compiling a plan takes PostgreSQL a hundred times as long as any of them runs, and it believes
    otherwise as long as it has not counted the rows of new tables.
    """
    connection = psycopg.connect(url, autocommit=True)
    connection.execute(f"SET jit = off; SET lock_timeout = {round(patience * 1000)}")
    return connection


#: Whether the server takes no changes, and one that leaves nothing behind.
_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"
_A_CHANGE = "CREATE TEMPORARY TABLE tiro_tries_again AS SELECT 1 AS one"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


class PostgresqlDatabase:
    """A `catalogue.database.Database` on a PostgreSQL server (``postgresql://...``)."""

    dialect = "postgresql"

    def __init__(self, url: str, workers: int = WORKERS, patience: float = PATIENCE) -> None:
        self.url = url
        self._conninfo = _conninfo(url, patience)
        self._patience = patience
        told = conninfo_to_dict(url)
        place = f"{told.get('dbname') or 'of PostgreSQL'} at {told.get('host') or 'this host'}"
        self.outage = Outage(f"the database {place}", patience)
        self._is_gone = False  # in an outage: nobody answers there, so reads fail as well
        self._stopping = threading.Event()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        psycopg.connect(
            self._conninfo
        ).close()  # a wrong address or password is an error now, not later
        self._workers = [
            threading.Thread(target=self._work, name=f"tiro-postgresql-{number}", daemon=True)
            for number in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def read(self, work: Work[T], *, wide: bool = False) -> Future[T]:
        return self._submit(work, writes=False)

    def write(self, work: Work[T]) -> Future[T]:
        return self._submit(work, writes=True)

    def defer_release(self, later: Callable[[Callable[[], None]], object]) -> None:
        """Nothing to share: each read is a transaction of a worker."""

    def _submit(self, work: Work[T], *, writes: bool) -> Future[T]:
        answer: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise DatabaseClosed(self.url)
            self._jobs.put((work, answer, time.monotonic(), writes))
        return answer

    def waiting(self) -> int:
        return self._jobs.qsize()

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._stopping.set()
            for _ in self._workers:
                self._jobs.put(None)
        for worker in self._workers:
            worker.join()

    def _work(self) -> None:
        connection: Pipeline | None = None
        while (job := self._jobs.get()) is not None:
            work, answer, asked, writes = job
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                connection, result = self._run(connection, work, asked, writes)
            except BaseException as error:
                answer.set_exception(error)
            else:
                answer.set_result(result)
        if connection is not None:
            connection.close()

    def _run(
        self, connection: Pipeline | None, work: Work[T], asked: float, writes: bool
    ) -> tuple[Pipeline, T]:
        """Runs `work` until it is committed; gives the connection to go on with."""
        attempt = 0
        while True:
            attempt += 1
            committing = False
            try:
                if connection is None or connection.closed:
                    if self._is_gone and self.outage.is_old:
                        raise self.outage.error()
                    connection = None
                    connection = Pipeline(_connected(self._conninfo, self._patience))
                    self._is_gone = False
                connection.begin(writes=writes)
                result = work(
                    Transaction("postgresql", connection.execute, connection.execute_many)
                )
                committing = True
                connection.commit(writes=writes)
                return connection, result
            except _LOST_RACES:
                self._roll_back(connection)
                if attempt == ATTEMPTS:
                    raise
                # Losers of one race must not meet again at once.
                time.sleep(random.random() * 0.002 * attempt)  # noqa: S311
            except (psycopg.OperationalError, *_REFUSES_CHANGES) as error:
                self._roll_back(connection)
                if connection is not None and not connection.closed:
                    raise self._refused(error) from error
                if connection is None:
                    self._is_gone = True
                    self._begin_outage(_first_line(error))
                # The connection is gone. Before COMMIT was sent the work did not happen and is
                # tried again; after it nobody can tell, and the caller must be told so.
                elif committing:
                    self.outage.complain("a connection broke during a commit")
                    raise DatabaseUnavailable(_first_line(error)) from error
                pause = min(1.0, 0.025 * 2**attempt)
                is_late = time.monotonic() + pause - asked > self._patience
                is_over = is_late or (self._is_gone and self.outage.is_old)
                if is_over or self._stopping.wait(pause):
                    raise DatabaseUnavailable(_first_line(error)) from error
            except BaseException:
                self._roll_back(connection)
                raise

    def _refused(self, error: psycopg.Error) -> Exception:
        """What work fails with that the server refused to do, and the connection holds."""
        if isinstance(error, _REFUSES_CHANGES):
            self._begin_outage(_first_line(error))
        elif isinstance(error, errors.LockNotAvailable):
            self.outage.complain("a lock was waited for in vain, somebody keeps it")
        else:
            self.outage.complain(_first_line(error))
        return DatabaseUnavailable(_first_line(error))

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
                connection = _connected(self._conninfo, self._patience)
            except psycopg.Error:
                continue
            self._is_gone = False
            try:
                found = connection.execute(_READ_ONLY).fetchone()
                if found is not None and not found[0]:
                    connection.execute(_A_CHANGE)
                    self.outage.end()
                    return
            except errors.InsufficientPrivilege:  # nobody can tell but by trying in earnest
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
