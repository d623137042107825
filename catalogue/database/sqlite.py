"""The embedded database: one SQLite file, one writer thread, group commit.

The writer thread takes the jobs that wait, runs each in a savepoint of its own (one that is alone
needs none) for some milliseconds, commits once with ``synchronous=FULL`` and only then releases the
answers: after an answer the plug may be pulled. Short writes of the thread that serves go another
way, see `catalogue.database.short_writes`. Bounded reads run in the calling thread, on a connection
that no other thread uses; wide ones on a small pool.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from catalogue.database.answers import Answered, Promised
from catalogue.database.batches import Job, Outcome, outcome_in_savepoint, outcome_of
from catalogue.database.contract import Call, DatabaseClosed, Work
from catalogue.database.in_use import FileLock
from catalogue.database.outages import PATIENCE, TRY_EVERY, DatabaseUnavailable, Outage
from catalogue.database.readers import Reader
from catalogue.database.short_writes import ShortWrites, WriterThread
from catalogue.database.sqlite_files import connect, outage_of
from catalogue.database.transactions import Kept, Transaction
from catalogue.database.turns import TURN_SECONDS, Experience

T = TypeVar("T")

#: How many jobs share one commit at most, and are refused together in an outage.
JOBS_PER_COMMIT = 256
#: Milliseconds for which work waits for the write lock in an outage.
_BUSY_IN_OUTAGE: Final = 250


class SqliteDatabase:
    """A `catalogue.database.Database` on one file (its folder must exist)."""

    dialect = "sqlite"
    reads_here = True
    replica = None

    def __init__(
        self,
        path: Path,
        patience: float = PATIENCE,
        served_by: str | None = None,
        *,
        mapped: bool = True,
    ) -> None:
        """Raises DatabaseInUse where another server than `served_by` has it."""
        self._lock = None if served_by is None else FileLock.shared(path, served_by)
        self.path = path
        self.url = f"sqlite:///{path}"
        self.outage = Outage(f"the database {path}", patience)
        self._patience = patience
        self._mapped = mapped
        self._opened = 0.0  # when the writer's connection was opened anew
        self._batch_began: float | None = None
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._writing = threading.Lock()  # held by the thread that has a transaction open
        self._short: ShortWrites | None = None
        self._experience = Experience()  # of the writer thread
        self._commits = 0
        self._closed = False
        self._closing = threading.Lock()
        self._readers = threading.local()
        self._kept = Kept(lambda work: self.read(work, wide=True))
        self._all_readers: list[Reader] = []
        self._later: Callable[[Callable[[], None]], object] | None = None
        self._later_thread: int | None = None
        self._wide = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tiro-wide-read")
        self._writer = threading.Thread(target=self._write_jobs, name="tiro-writer", daemon=True)
        self._writer_connection = connect(path, patience, self._mapped)
        self._writer.start()

    # reading

    def read(self, work: Work[T], *, wide: bool = False, may_lag: bool = False) -> Future[T]:
        if self._closed:
            raise DatabaseClosed(self.url)
        if wide:
            return self._wide.submit(self.read_here, work)
        try:
            return Answered(self.read_here(work))
        except BaseException as error:  # the future carries it, as for a write
            return Answered(None, error)

    def read_here(self, work: Work[T]) -> T:
        try:
            return self._found_here(work)
        except sqlite3.Error as error:
            raise self._unread(error) from error

    def _unread(self, error: sqlite3.Error) -> Exception:
        """What a read that met `error` fails with; the next one has another connection."""
        said = outage_of(error, self.path)
        if said is None:
            return error
        reader = self._reader()
        reader.release()
        reader.is_broken = True
        self.outage.complain(said)
        return DatabaseUnavailable(said)

    def defer_release(self, later: Callable[[Callable[[], None]], object]) -> None:
        self._later = later
        self._later_thread = threading.get_ident()
        # With a mapped file each commit by somebody else costs a reader the whole mapping, and a
        # page fault for whatever it looks at next: too much for small reads between small writes.
        reader = self._reader()
        reader.release()
        reader.connection.execute("PRAGMA mmap_size=0")

    def see_others(self) -> None:
        self._reader().release()

    def _reader(self) -> Reader:
        """Where the thread reads: the one that serves, on the connection of its short writes.

        Every commit of another connection costs a reader all the pages that it has at hand. So its
        own connection is for the time in which those writes are on their way to the disk.
        """
        short = self._short
        if short is not None and (where_it_writes := short.reader()) is not None:
            return where_it_writes
        reader: Reader | None = getattr(self._readers, "reader", None)
        if reader is not None and not reader.is_broken:
            return reader
        if reader is not None:
            self._all_readers.remove(reader)
            reader.close()
            self._readers.reader = None
        connection = connect(self.path, mapped=self._mapped)
        connection.execute("PRAGMA query_only=ON")
        if self._later_thread == threading.get_ident():
            connection.execute("PRAGMA mmap_size=0")
        reader = self._readers.reader = Reader(connection, self._kept)
        self._all_readers.append(reader)
        return reader

    def _found_here(self, work: Work[T]) -> T:
        reader = self._reader()
        with reader.lock:
            if self._closed:  # while this waited for its turn
                raise DatabaseClosed(self.url)
            # A write may have been answered since the snapshot was taken: the read must see it.
            if not reader.holds(commits := self._commits):
                reader.begin(commits)
                if self._later is None or self._later_thread != threading.get_ident():
                    try:
                        return reader.run(work)
                    finally:
                        reader.release()
                reader.release_later(self._later)
            return reader.run(work)

    # writing

    def write(self, work: Work[T], *, short: bool = False) -> Future[T]:
        with self._closing:
            if self._closed:
                raise DatabaseClosed(self.url)
            here = self._short if short else None
            if here is None:
                answer: Future[T] = Future()
                self._jobs.put((work, answer))
                return answer
            promised: Promised[T] = Promised(here.hand_over, here.thread)
            here.put((work, promised))
            return promised

    def write_here(self, soon: Call, from_thread: Call) -> None:
        def connect_here() -> sqlite3.Connection:
            connection = connect(self.path, 0.0, mapped=False)
            connection.execute("PRAGMA wal_autocheckpoint=8000")  # see `short_writes`
            return connection

        if self._short is not None:  # the last one to ask is served
            self._short.close()
        writer = WriterThread(
            self._writing,
            self._jobs.put,
            self._is_well,
            self._has_turn,
            self._note_commit,
            self._let_go,
        )
        self._short = ShortWrites(connect_here, writer, soon, from_thread, self._kept)

    def _let_go(self) -> None:
        """The calling thread holds no snapshot, but on the connection of its short writes."""
        reader: Reader | None = getattr(self._readers, "reader", None)
        if reader is not None:
            reader.release()

    def _is_well(self) -> bool:
        return self.outage.reason is None

    def _has_turn(self) -> bool:
        return self._batch_began is not None

    def _note_commit(self) -> None:
        self._commits += 1

    def _write_jobs(self) -> None:
        """The writer thread: until the None that `close` puts at the end of the queue."""
        left: list[Job] = []
        is_last = False
        while left or not is_last:
            batch = left
            while not is_last and len(batch) < JOBS_PER_COMMIT:
                try:
                    job = self._jobs.get_nowait() if batch else self._next_job()
                except Empty:
                    break
                if is_last := job is None:
                    break
                batch.append(job)
            left = self._take_turn(batch) if batch else []

    def _take_turn(self, batch: list[Job]) -> list[Job]:
        """Runs what can be run in the time of a turn; gives what is left for the next one."""
        self._batch_began = time.monotonic()
        if self._short is not None:
            self._short.finish()
        with self._writing:
            left = self._commit_together(batch)
        self._batch_began = None
        if self._short is not None:
            self._short.go_first()
        return left

    def _next_job(self) -> Job | None:
        """The next job; in an outage the file is tried for as long as none comes."""
        while self.outage.reason is not None:
            try:
                return self._jobs.get(timeout=self.outage.try_every)
            except Empty:
                self._try_again()
        return self._jobs.get()

    def _commit_together(self, batch: list[Job]) -> list[Job]:
        if self.outage.reason is not None:
            self._open_anew()
        try:
            outcomes, left = self._outcomes(batch)
        except BaseException as error:  # disk full, file gone: nobody's work is in
            self._roll_back()
            self._refuse(batch, error)
            return []
        if self.outage.reason is not None:
            self._is_over()
        self._note_commit()
        for answer, result, failure in outcomes:
            if failure is None:
                answer.set_result(result)
            else:
                answer.set_exception(failure)
        return left

    def _outcomes(self, batch: list[Job]) -> tuple[list[Outcome], list[Job]]:
        """Runs jobs and commits them: what each gave, or how it failed. Time may leave some."""
        connection = self._writer_connection
        # What undoes the only job is undoing it all: no page need be kept for a savepoint.
        is_alone = len(batch) == 1
        transaction = Transaction("sqlite", connection.execute, connection.executemany, is_alone)
        connection.execute("BEGIN IMMEDIATE")
        outcome = outcome_of if is_alone else outcome_in_savepoint
        outcomes: list[Outcome] = []
        done, end = 0, (now := time.monotonic()) + TURN_SECONDS
        for job in batch:
            if done and now + self._experience.expects(job[0]) > end:
                break
            done += 1
            # It runs already where the serving thread had begun it.
            if job[1].running() or job[1].set_running_or_notify_cancel():
                outcomes.append(outcome(job, transaction))
            began, now = now, time.monotonic()
            self._experience.note(job[0], now - began)
        if is_alone and outcomes and outcomes[0][2] is not None:
            self._roll_back()
        else:
            connection.execute("COMMIT")
        return outcomes, batch[done:]

    def _refuse(self, batch: list[Job], error: BaseException) -> None:
        """Tells all who wait that nothing was done, and notes an outage."""
        if isinstance(error, sqlite3.Error) and (said := outage_of(error, self.path)) is not None:
            if self.outage.begin(said):
                # Nobody else should wait as long for the lock as these have.
                self._writer_connection.execute(f"PRAGMA busy_timeout={_BUSY_IN_OUTAGE}")
                if self._short is not None:
                    self._short.doubt()
            refused: BaseException = DatabaseUnavailable(said)
            refused.__cause__ = error
        else:
            refused = error
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(refused)

    def waiting(self) -> int:
        return self._jobs.qsize() + (self._short.waiting() if self._short is not None else 0)

    def _roll_back(self) -> None:
        try:
            if self._writer_connection.in_transaction:
                self._writer_connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._open_anew()

    def _open_anew(self) -> None:
        """Another connection for the writer, now and then: the file may be another one, or back."""
        if (now := time.monotonic()) - self._opened < TRY_EVERY:
            return
        self._opened = now
        try:
            found = connect(self.path, _BUSY_IN_OUTAGE / 1000, self._mapped)
        except sqlite3.Error:
            return
        self._writer_connection.close()
        self._writer_connection = found

    def _try_again(self) -> None:
        """Writes a page, with what it holds already."""
        self._open_anew()
        execute = self._writer_connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            (version,) = execute("PRAGMA user_version").fetchone()
            execute(f"PRAGMA user_version={version:d}")
            execute("COMMIT")
        except sqlite3.Error:
            self._roll_back()
        else:
            self._is_over()

    def _is_over(self) -> None:
        self._writer_connection.execute(f"PRAGMA busy_timeout={self._patience * 1000:.0f}")
        self.outage.end()

    def trouble(self) -> str | None:
        now = time.monotonic()
        begun = (self._batch_began, self._short.began if self._short is not None else None)
        if any(began is not None and now - began > self._patience for began in begun):
            return "the disk, or another process that holds the write lock, is too slow"
        return self.outage.reason

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
        if self._short is not None:
            self._short.close()
        self._jobs.put(None)
        self._writer.join()
        self._wide.shutdown()
        for reader in self._all_readers:
            reader.close()
        self._writer_connection.close()
        if self._lock is not None:
            self._lock.release()
