"""Short writes of the thread that serves: it runs them itself, and waits for no disk.

Were each of them handed to the writer thread, the two threads would take the interpreter's lock
from each other with every statement. So the serving thread runs all that have come since the last
commit, in one transaction, and only COMMIT, which waits for the disk without that lock, is done by
a thread that does nothing else. What comes meanwhile waits for its end.

A commit costs as much as several jobs, and others are not to wait while many are run. So a batch
goes on over some turns of the thread, and others are answered between them. Nobody sees anything of
the batch, or is told, before its commit. It ends with its turn where the writer thread waits.

No job has a savepoint, for which SQLite would keep a copy of every page that it changes. Where one
fails after it has changed something, the batch is undone and run once more, with savepoints.

Between two batches the same thread reads on the connection that writes: the pages that it has just
changed, and those around them, are at hand there and nowhere else.

While the writer thread has a turn, they wait for its end; and they go before its next one. What
other threads have to write that is as short comes here, too: beside a thread that serves, the
writer thread would wait for the interpreter with each of its statements, and all for it.

Garbage is not collected while a batch is under way: all who want to write would wait for that.

The log is copied into the file while the next batch is run. After some such copies the little that
is left is copied between two batches, when those who wrote have their answers, so that the log
begins anew. A commit that copied it, as SQLite has it, would find a reader of this thread in the
way, whose snapshot is older than the commit: beside searches without pause it would not.

This is a way for fair weather. Where another process has the write lock, or SQLite finds fault with
the disk or the file, all of it is undone and goes to the writer thread, which waits, and knows what
to do about an outage. (Work may be run again from the start.)
"""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from time import monotonic
from typing import Final, NamedTuple

from catalogue.database.batches import Batch, Job, outcome_in_savepoint, outcome_of
from catalogue.database.contract import Call
from catalogue.database.log_copies import COPY, Copier
from catalogue.database.readers import Reader
from catalogue.database.transactions import Kept, Transaction
from catalogue.database.turns import TURN_SECONDS, Experience

#: Rows that were changed, after which the log is copied: some thousand pages, where people lend.
COPIED_ROWS: Final = 500
#: Copies after which the log begins anew.
COPIES: Final = 4
#: Seconds that the writer thread lets the serving thread go first, should that be busy elsewhere.
COURTESY: Final = 0.02
#: Seconds after which a batch ends with its turn, whatever waits.
BATCH_SECONDS: Final = 0.01
#: Where it stands, the log is copied beside what is written.
_COPY_BESIDE: Final = Batch(COPY)


class WriterThread(NamedTuple):
    """What short writes need of the writer thread.

    `writing` is held by whoever writes in this process. `hand_over` gives the thread a job;
    `is_well` says whether there is no outage, `has_turn` whether the thread writes, or waits for
    nothing but `writing`; `committed` is told of a commit before anybody has an answer; `let_go`
    has the calling thread hold no snapshot.
    """

    writing: threading.Lock
    hand_over: Callable[[Job], object]
    is_well: Callable[[], bool]
    has_turn: Callable[[], bool]
    committed: Callable[[], object]
    let_go: Callable[[], object]


class ShortWrites:
    """The jobs that the thread which makes this runs itself.

    `connect` opens a connection that waits for no lock. `soon` has something called by this thread
    when it has done what is at hand; `from_thread` is the same for any thread.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        writer: WriterThread,
        soon: Call,
        from_thread: Call,
        kept: Kept,
    ) -> None:
        self.thread = threading.get_ident()
        #: When the batch under way was begun.
        self.began: float | None = None
        self._connect = connect
        self._kept = kept  # of the database, for who reads here
        self._writer = writer
        self._writing = writer.writing
        self._soon = soon
        self._from_thread = from_thread
        self._jobs: deque[Job] = deque()
        self._is_due = False  # `_run` will be called anyway: soon, or after what is under way
        self._is_waiting = False  # for the end of the writer thread's turn
        self._has_gone_on = threading.Event()  # since the writer thread let it go first
        self._reader: Reader | None = None  # has the connection, for reads and writes
        self._copied = 0  # rows that it had changed when the log was copied
        self._copies = 0  # since the log began anew
        self._careful = 0  # of the jobs that wait, so many have a savepoint: the first
        self._going_on: deque[Batch] = deque()  # with the next turn, unless it is taken from here
        self._is_closing = self._is_closed = False
        self._collects = False  # the process, garbage, when no batch is under way
        self._experience = Experience()
        self._handing_over = threading.Lock()
        self._batches: SimpleQueue[Batch | None] = SimpleQueue()
        self._durable: deque[Batch] = deque()
        self._committer = threading.Thread(target=self._commit, name="tiro-commit", daemon=True)
        self._committer.start()

    def put(self, job: Job) -> None:
        """Takes a job of any thread."""
        self._jobs.append(job)
        if threading.get_ident() != self.thread:
            self._from_thread(self._run_unless_due)
        elif not self._is_due:
            self._is_due = True
            self._soon(self._run)

    def waiting(self) -> int:
        return len(self._jobs)

    def hand_over(self) -> None:
        """Leaves all that waits to the writer thread; for any thread."""
        with self._handing_over:  # at the end, nothing comes after this
            while True:
                try:
                    self._writer.hand_over(self._jobs.popleft())
                except IndexError:
                    return

    def finish(self) -> None:
        """Has the batch committed that would go on with the next turn; for any thread."""
        if (batch := self._taken()) is not None:
            self._batches.put(batch)

    def go_first(self) -> None:
        """Waits until what has waited for the writer thread, which calls this, has its turn."""
        if self._is_waiting and not self._is_closed:
            self._has_gone_on.clear()
            self._from_thread(self._run)
            self._has_gone_on.wait(COURTESY)

    def reader(self) -> Reader | None:
        """Who reads on the connection, in its thread; None while a batch is under way."""
        if self.thread != threading.get_ident() or self.began is not None or self._is_closed:
            return None
        reader = self._reader
        return None if reader is None or reader.is_broken else reader

    def doubt(self) -> None:
        """The file may not be the same any more: the next batch opens it anew."""
        if self._reader is not None:
            self._reader.is_broken = True

    def close(self) -> None:
        """Finishes the batch under way; nothing may be put any more. For any thread."""
        self._is_closing = True
        self.hand_over()
        self.finish()
        with self._writing:
            self._is_closed = True
            self._batches.put(None)
        self.hand_over()  # what the last turn has put back
        self._committer.join()
        self._tell()
        self._part()

    # in the own thread

    def _run_unless_due(self) -> None:
        if not self._is_due:
            self._run()

    def _run(self) -> None:
        self._is_due = False
        if not self._writer.is_well():
            self.hand_over()
        if self._copy_if_long() and self._may_begin():
            self._copy_rest()
        elif self._jobs and self._may_begin():
            self._begin()
        if not self._has_gone_on.is_set():  # which is rare, and to set it takes three locks
            self._has_gone_on.set()

    def _may_begin(self) -> bool:
        """Takes the write lock, unless the writer thread has its turn: then it calls `go_first`."""
        self._is_due = self._is_waiting = True  # said before it is asked, so that no end is missed
        if self._writer.has_turn() or not self._writing.acquire(blocking=False):
            return False
        self._is_due = self._is_waiting = False
        if self._is_closed:  # meanwhile: nobody would commit it
            self._writing.release()
            return False
        self._collects = gc.isenabled()
        gc.disable()
        return True

    def _copy_if_long(self) -> bool:
        """Has the log copied, once for so many rows; is a rest of it to be copied, too?"""
        reader = self._reader
        if reader is None or reader.is_broken:
            return False
        if (changes := reader.connection.total_changes) - self._copied >= COPIED_ROWS:
            self._copied = changes
            self._batches.put(_COPY_BESIDE)
        return self._copies >= COPIES

    def _copy_rest(self) -> None:
        assert self._reader is not None
        self._copies = 0
        self.began = monotonic()
        self._reader.release()
        self._writer.let_go()
        self._is_due = True
        self._batches.put(Batch(COPY))

    def _end(self) -> None:
        """Others may write; for either thread."""
        self.began = None
        if self._collects:
            gc.enable()
        self._writing.release()

    def _begin(self) -> None:
        self.began = monotonic()
        self._take_turn(Batch())

    def _take_turn(self, batch: Batch) -> None:
        """Runs what there is time for; then the batch is committed, or goes on with the next."""
        try:
            self._run_turn(batch)
        except BaseException as error:
            self._undo(batch, error)
            return
        self._is_due = True
        assert self.began is not None
        if not self._jobs or monotonic() - self.began > BATCH_SECONDS:
            self._batches.put(batch)
            return
        self._going_on.append(batch)
        self._soon(self._continue)
        # Asked when others can take it, so that whoever has come to wait meanwhile is not missed.
        if self._writer.has_turn() or self._is_closing:
            self.finish()

    def _continue(self) -> None:
        if (batch := self._taken()) is not None:
            self._take_turn(batch)

    def _taken(self) -> Batch | None:
        """The batch that would go on with the next turn; one alone gets it."""
        try:
            return self._going_on.popleft()
        except IndexError:
            return None

    def _begun(self) -> Transaction:
        reader = self._reader
        if reader is not None:
            reader.release()
            if reader.is_broken:
                self._part()
        if self._reader is None:
            self._reader = Reader(self._connect(), self._kept)
            self._copied = self._copies = 0
        self._writer.let_go()
        connection = self._reader.connection
        connection.execute("BEGIN IMMEDIATE")
        return Transaction("sqlite", connection.execute, connection.executemany)

    def _run_turn(self, batch: Batch) -> None:
        if (transaction := batch.transaction) is None:
            transaction = batch.transaction = self._begun()
        assert self._reader is not None
        connection, jobs = self._reader.connection, self._jobs
        expects, note = self._experience.expects, self._experience.note
        end, is_first = (now := monotonic()) + TURN_SECONDS, True
        while jobs:
            try:
                if not is_first and now + expects(jobs[0][0]) > end:
                    break
                job = jobs.popleft()
            except IndexError:  # they were handed over just now
                break
            if not job[1].set_running_or_notify_cancel():
                continue
            batch.jobs.append(job)
            is_first, changes = False, connection.total_changes
            run = outcome_in_savepoint if (is_careful := self._careful > 0) else outcome_of
            began, outcome = now, run(job, transaction)
            note(job[0], (now := monotonic()) - began)
            if is_careful:
                self._careful -= 1
            elif outcome[2] is not None and connection.total_changes != changes:
                connection.execute("ROLLBACK")
                self._put_back(batch)
                connection.execute("BEGIN IMMEDIATE")
                continue
            batch.outcomes.append(outcome)

    def _put_back(self, batch: Batch) -> None:
        """From the start, in savepoints: what one leaves half done is undone alone then."""
        self._jobs.extendleft(reversed(batch.jobs))
        self._careful = len(self._jobs)
        batch.jobs.clear()
        batch.outcomes.clear()

    def _undo(self, batch: Batch, error: BaseException) -> None:
        """Nobody's work is in: the writer thread does it, in the order in which it came."""
        reader = self._reader
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
            self.doubt()
        try:
            if reader is not None and reader.connection.in_transaction:
                reader.connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # it is closed before the next batch
        for job in batch.jobs:
            self._writer.hand_over(job)
        self.hand_over()
        self._end()

    def _tell(self) -> None:
        while self._durable:
            self._durable.popleft().tell()

    def _go_on(self) -> None:
        self._tell()
        if self._jobs:
            self._soon(self._run)  # with what those who have been told ask for next
        else:
            self._run()

    def _part(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    # in the thread that waits for the disk

    def _commit(self) -> None:
        copier = Copier(self._connect)
        while (batch := self._batches.get()) is not None:
            if batch is _COPY_BESIDE:
                copier.copy(self._reader)
                self._copies += 1
                if self.began is None:
                    self._from_thread(self._run_unless_due)
                continue
            assert self._reader is not None
            try:
                self._reader.connection.execute(batch.ends_with).fetchall()
            except BaseException as error:
                self._undo(batch, error)
            else:
                self._writer.committed()
                self._durable.append(batch)
                self._end()
            del batch  # what its jobs held is let go by the thread that made it, and has it at hand
            self._from_thread(self._go_on)
        copier.close()
