"""The grown-up database: PostgreSQL through psycopg 3 and a pool of worker threads.

Each job is one transaction on one worker's connection, run inside a pipeline: statements whose
result nobody waits for (`catalogue.statements.send` and `lock`) travel with the next one that
does, so a check-out needs two round trips. READ COMMITTED; who must not race takes row locks in
a statement of their own before reading the facts. A job that fell to a deadlock, a serialisation
failure or a constraint that a competitor reached first is run again.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar, cast

import psycopg
from psycopg import errors

from catalogue.database import DatabaseClosed, Work
from catalogue.statements import Execute, Transaction

T = TypeVar("T")

log = logging.getLogger(__name__)

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
)

_Job = tuple[Work[Any], Future[Any]]


def _execute_many(
    connection: psycopg.Connection[Any], text: str, rows: Iterable[Sequence[Any]]
) -> None:
    connection.cursor().executemany(cast(Any, text), rows)


def _connected(url: str) -> psycopg.Connection[Any]:
    """A connection for short statements.

    Compiling a plan takes PostgreSQL a hundred times as long as any of them runs, and it believes
    otherwise as long as it has not counted the rows of new tables.
    """
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("SET jit = off")
    return connection


class PostgresqlDatabase:
    """A `catalogue.database.Database` on a PostgreSQL server (``postgresql://...``)."""

    dialect = "postgresql"

    def __init__(self, url: str, workers: int = WORKERS) -> None:
        self.url = url
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        psycopg.connect(url).close()  # a wrong address or password is an error now, not later
        self._workers = [
            threading.Thread(target=self._work, name=f"tiro-postgresql-{number}", daemon=True)
            for number in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def read(self, work: Work[T], *, wide: bool = False) -> Future[T]:
        return self._submit(work)

    def write(self, work: Work[T]) -> Future[T]:
        return self._submit(work)

    def defer_release(self, later: Callable[[Callable[[], None]], object]) -> None:
        """Nothing to share: each read is a transaction of a worker."""

    def _submit(self, work: Work[T]) -> Future[T]:
        answer: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise DatabaseClosed(self.url)
            self._jobs.put((work, answer))
        return answer

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
            for _ in self._workers:
                self._jobs.put(None)
        for worker in self._workers:
            worker.join()

    def _work(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while (job := self._jobs.get()) is not None:
            work, answer = job
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                connection, result = self._run(connection, work)
            except BaseException as error:
                answer.set_exception(error)
            else:
                answer.set_result(result)
        if connection is not None:
            connection.close()

    def _run(
        self, connection: psycopg.Connection[Any] | None, work: Work[T]
    ) -> tuple[psycopg.Connection[Any], T]:
        """Runs `work` until it is committed; gives the connection to go on with."""
        attempt = 0
        while True:
            attempt += 1
            committing = False
            try:
                if connection is None or connection.closed:
                    connection = _connected(self.url)
                with connection.pipeline():
                    connection.execute("BEGIN")
                    execute = cast(Execute, connection.execute)
                    execute_many = partial(_execute_many, connection)
                    result = work(Transaction("postgresql", execute, execute_many))
                    committing = True
                    connection.execute("COMMIT")
                return connection, result
            except _LOST_RACES:
                self._roll_back(connection)
                if attempt == ATTEMPTS:
                    raise
                # Losers of one race must not meet again at once.
                time.sleep(random.random() * 0.002 * attempt)  # noqa: S311
            except psycopg.OperationalError:
                # The connection is gone. Before COMMIT was sent the work did not happen and is
                # tried again; after it nobody can tell, and the caller must be told so.
                self._roll_back(connection)
                if committing or attempt == ATTEMPTS:
                    raise
                log.warning("lost the connection to PostgreSQL, attempt %d", attempt)
                time.sleep(min(2.0, 0.05 * 2**attempt))
            except BaseException:
                self._roll_back(connection)
                raise

    @staticmethod
    def _roll_back(connection: psycopg.Connection[Any] | None) -> None:
        if connection is None or connection.closed:
            return
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()
