"""The embedded database: one SQLite file, one writer thread, group commit.

The writer thread takes all jobs that wait, runs each in a savepoint of its own, commits once
with ``synchronous=FULL`` and only then releases the answers: whoever got an answer can pull the
plug. Bounded reads run in the calling thread on its own connection; wide ones on a small pool.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from catalogue.bitmaps import MERGE_BITMAPS, merge
from catalogue.database import DatabaseClosed, Work
from catalogue.statements import Transaction

T = TypeVar("T")

#: How many jobs share one commit at most: bounds how long the first of them waits.
JOBS_PER_COMMIT = 256
#: Seconds to wait for another process (a load, a backup) that holds the write lock.
LOCK_PATIENCE = 60.0

_Job = tuple[Work[Any], Future[Any]]


class _Answered(Future[T]):
    """A future of what is there already, without the locks that waiting for it would take."""

    def __init__(self, result: T | None, error: BaseException | None = None) -> None:
        self._here = result  # the base is not initialised: every method that uses it is ours
        self._error = error

    def __repr__(self) -> str:
        return f"<answered {self._here!r} {self._error!r}>"

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def running(self) -> bool:
        return False

    def done(self) -> bool:
        return True

    def result(self, timeout: float | None = None) -> T:
        if self._error is not None:
            raise self._error
        return self._here  # type: ignore[return-value]

    def exception(self, timeout: float | None = None) -> BaseException | None:
        return self._error

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        fn(self)


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the settings that the durability promise rests on."""
    connection = sqlite3.connect(
        path,
        timeout=LOCK_PATIENCE,
        isolation_level=None,  # transactions are opened and closed here, not by the driver
        check_same_thread=False,
        cached_statements=512,
    )
    connection.create_function(MERGE_BITMAPS, 2, merge, deterministic=True)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA mmap_size=268435456")
    return connection


class _Reader:
    """A connection for reads of one thread, and the snapshot it may be holding."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path)
        self.connection.execute("PRAGMA query_only=ON")
        self.transaction = Transaction(
            "sqlite", self.connection.execute, self.connection.executemany
        )
        self.transaction.memory = {}
        self.holding = False
        self.commits_seen = -1

    def release(self) -> None:
        if self.holding:
            self.holding = False
            self.connection.execute("COMMIT")
            self.transaction.memory = {}


class SqliteDatabase:
    """A `catalogue.database.Database` on one file (its folder must exist)."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._commits = 0
        self._closed = False
        self._closing = threading.Lock()
        self._readers = threading.local()
        self._all_readers: list[_Reader] = []
        self._later: Callable[[Callable[[], None]], object] | None = None
        self._later_thread: int | None = None
        self._wide = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tiro-wide-read")
        self._writer = threading.Thread(target=self._write_jobs, name="tiro-writer", daemon=True)
        self._writer_connection = connect(path)
        self._writer.start()

    # reading

    def read(self, work: Work[T], *, wide: bool = False) -> Future[T]:
        if self._closed:
            raise DatabaseClosed(self.url)
        if wide:
            return self._wide.submit(self._read_here, work)
        try:
            return _Answered(self._read_here(work))
        except BaseException as error:  # the future carries it, as for a write
            return _Answered(None, error)

    def defer_release(self, later: Callable[[Callable[[], None]], object]) -> None:
        self._later = later
        self._later_thread = threading.get_ident()
        # With a mapped file each commit by somebody else costs a reader the whole mapping, and a
        # page fault for whatever it looks at next: too much for small reads between small writes.
        reader = self._reader()
        reader.release()
        reader.connection.execute("PRAGMA mmap_size=0")

    def _reader(self) -> _Reader:
        reader: _Reader | None = getattr(self._readers, "reader", None)
        if reader is None:
            reader = self._readers.reader = _Reader(self.path)
            self._all_readers.append(reader)
        return reader

    def _read_here(self, work: Work[T]) -> T:
        reader = self._reader()
        if reader.holding:
            if reader.commits_seen == self._commits:
                return work(reader.transaction)
            reader.release()  # a write was answered since: the next read must see it
        seen = self._commits
        reader.connection.execute("BEGIN")
        reader.holding, reader.commits_seen = True, seen
        if self._later is None or self._later_thread != threading.get_ident():
            try:
                return work(reader.transaction)
            finally:
                reader.release()
        self._later(reader.release)
        return work(reader.transaction)

    # writing

    def write(self, work: Work[T]) -> Future[T]:
        answer: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise DatabaseClosed(self.url)
            self._jobs.put((work, answer))
        return answer

    def _write_jobs(self) -> None:
        """The writer thread: until the None that `close` puts at the end of the queue."""
        connection = self._writer_connection
        transaction = Transaction("sqlite", connection.execute, connection.executemany)
        while True:
            job = self._jobs.get()
            if job is None:
                return
            batch = [job]
            is_last = False
            while len(batch) < JOBS_PER_COMMIT:
                try:
                    job = self._jobs.get_nowait()
                except Empty:
                    break
                if job is None:
                    is_last = True
                    break
                batch.append(job)
            self._commit_together(transaction, batch)
            if is_last:
                return

    def _commit_together(self, transaction: Transaction, batch: list[_Job]) -> None:
        execute = self._writer_connection.execute
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            execute("BEGIN IMMEDIATE")
            for work, answer in batch:
                if not answer.set_running_or_notify_cancel():
                    continue
                execute("SAVEPOINT job")
                try:
                    result = work(transaction)
                except BaseException as error:
                    execute("ROLLBACK TO job")
                    outcomes.append((answer, None, error))
                else:
                    outcomes.append((answer, result, None))
                execute("RELEASE job")
            execute("COMMIT")
        except BaseException as error:  # disk full, file gone: nobody's work is in
            if self._writer_connection.in_transaction:
                execute("ROLLBACK")
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        self._commits += 1
        for answer, result, failure in outcomes:
            if failure is None:
                answer.set_result(result)
            else:
                answer.set_exception(failure)

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._writer.join()
        self._wide.shutdown()
        for reader in self._all_readers:
            reader.release()
            reader.connection.close()
        self._writer_connection.close()
