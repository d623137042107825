"""The statements of one transaction, sent to PostgreSQL in as few round trips as can be.

This speaks to libpq through `psycopg.pq`: psycopg's own cursors take longer for most of our
statements than the server does. Statements are sent as they come and waited for only when somebody
asks for what they found, all that are open at once; one that comes again and again is prepared. An
error of a statement that nobody asked comes up at the next result, or at the end of the
transaction.

A read has no BEGIN and no COMMIT: under READ COMMITTED each statement has a snapshot of its own
anyway, and the end of the trip ends what the server holds for it.

Where a pooler stands between (pgbouncer), each transaction, and each read, may be another
session's: what holds for one is said within it, and the names of prepared statements are the
pooler's to keep (`catalogue.database.sessions`).
"""

from __future__ import annotations

import re
import select
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, chain, count, islice
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import abc, errors, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq.abc import PGresult

from catalogue.database.request_locks import REQUEST_LOCK

#: A statement is prepared the n-th time that it comes.
PREPARED_AT: Final = 3
#: Statements that a connection knows; with so many, its next transaction begins anew.
TEXTS_AT_MOST: Final = 500
#: Rows of a bulk whose results are waited for together.
IN_BULK: Final = 1_000
#: Rows that one INSERT of a bulk has: the server takes them in a third of the time.
IN_ONE: Final = 64

_COUNT, _ROWS = pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK
#: What is sent as text suits whatever type the server takes it for. What it answers comes as it is:
#: in words octets take twice the room, and twice as long.
_AS_TEXT, _AS_IT_IS = PyFormat.TEXT, pq.Format.BINARY
_FORMAT_OF: Final[dict[type, PyFormat]] = {
    **dict.fromkeys((bytes, bytearray, memoryview), PyFormat.BINARY),
    # Most values are of these types: no function is called for each of them.
    **dict.fromkeys((str, int, float, bool, type(None), date, datetime), _AS_TEXT),
}


def _format_of(value: Any) -> PyFormat:
    """An array of octets goes as it is, for the same reason."""
    if type(value) is not list or not value:
        return _AS_TEXT
    return _FORMAT_OF.get(type(value[0]), _AS_TEXT)


_PLACEHOLDER: Final = re.compile(r"%[s%]")


class CommitInDoubt(psycopg.OperationalError):
    """The server took the commit, and warned that it may not be kept.

    An operator gave up the wait for a synchronous replica (`pg_cancel_backend`): what was committed
    is on the disk of the primary, and may be lost in a failover.
    """


class CommitUnanswered(psycopg.OperationalError):
    """The server does not say what became of a commit: it waits for its disk, or for a synchronous
    replica that is gone. It may yet be kept."""


class RequestInProgress(psycopg.OperationalError):
    """Another transaction carries out the same request, and was waited for in vain.

    That transaction may be committed yet; nothing of this one was.
    """


class TransactionId(NamedTuple):
    """The number of a transaction, and the timeline of the server that gave it.

    After a failover another transaction may have the same number: the timeline differs then.
    """

    number: str
    timeline: str


#: The `TransactionId` of the transaction itself; NULL on a server that takes no changes.
_OWN_ID: Final = (
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_xact_id()::text || ' '"
    " || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END"
)


def _has_stale_plan(result: PGresult) -> bool:
    """Return whether the error is "cached plan must not change result type" (0A000).

    The message is in the language of the server; the name of its routine is not.
    """
    return (
        result.error_field(pq.DiagnosticField.SQLSTATE) == b"0A000"
        and result.error_field(pq.DiagnosticField.SOURCE_FUNCTION) == b"RevalidateCachedQuery"
    )


@lru_cache(maxsize=TEXTS_AT_MOST)
def _for_several(text: str) -> str:
    """The INSERT of one row as that of `IN_ONE`; empty where it is something else, or has more to
    say than the row.
    """
    head, values, row = text.rpartition(" VALUES ")
    if not values or not head.startswith("INSERT INTO "):
        return ""
    depth = [*accumulate((each == "(") - (each == ")") for each in row)]
    if 0 in depth[:-1] or depth[-1:] != [0]:
        return ""
    return f"{head}{values}{', '.join([row] * IN_ONE)}"


class _Text:
    """A statement as this connection knows it: its text, and how its rows are read."""

    __slots__ = ("command", "has_loaders", "is_of_request", "loading", "name", "uses")

    def __init__(self, text: str, loading: abc.Transformer) -> None:
        numbers = count(1)
        self.command = _PLACEHOLDER.sub(
            lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", text
        ).encode()
        self.loading = loading
        self.has_loaders = False
        self.uses = 0
        self.name: bytes | None = None
        self.is_of_request = text == REQUEST_LOCK


class Cursor:
    """What one statement found: a `catalogue.database.transactions.Cursor` that waits when it is
    asked."""

    __slots__ = ("_next", "_pipeline", "_text", "result")

    def __init__(self, pipeline: Pipeline, text: _Text) -> None:
        self._pipeline = pipeline
        self._text = text
        self._next = 0
        self.result: PGresult | None = None

    @property
    def is_of_request(self) -> bool:
        """Whether its statement takes the lock of a request."""
        return self._text.is_of_request

    @property
    def rowcount(self) -> int:
        result = self._received()
        return result.ntuples if result.status == _ROWS else result.command_tuples or 0

    def fetchone(self) -> Any:
        result = self._received()
        if self._next >= result.ntuples:
            return None
        row = self._loading(result).load_row(self._next, tuple)
        self._next += 1
        return row

    def fetchall(self) -> list[Any]:
        result = self._received()
        first, self._next = self._next, result.ntuples
        if first >= self._next:
            return []
        return self._loading(result).load_rows(first, self._next, tuple)

    def _received(self) -> PGresult:
        if self.result is None:
            self._pipeline.receive(self)
        assert self.result is not None
        return self.result

    def _loading(self, result: PGresult) -> abc.Transformer:
        text = self._text
        # The server holds a prepared statement to the types of its columns.
        text.loading.set_pgresult(result, set_loaders=not text.has_loaders)
        text.has_loaders = text.name is not None
        return text.loading


class StalePlan(psycopg.OperationalError):
    """A column has another type since a statement was prepared.

    The server refuses the statement for as long as it is prepared, so the connection was closed,
    and with it whatever else was prepared before the change. Nothing of the transaction was
    committed.
    """


class Unanswered(psycopg.OperationalError):
    """Nothing of a transaction was answered: the pooler has no session for it, being paused, full
    or without a server. Nothing of it was committed."""


class Pipeline:
    """A connection of psycopg, which is in autocommit and used by nobody else, in pipeline mode."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        #: Sent at the beginning of each transaction that writes: what a session would hold.
        self.first: tuple[str, ...] = ()
        #: Seconds that the first answer of a transaction may take; None: any.
        self.answers_within: float | None = None
        #: Whether the server, or a pooler for it, keeps statements by the names given here.
        self.keeps_names = True
        self._connection = connection
        self._pgconn = connection.pgconn
        self._dumping = Transformer(connection)
        self._texts: dict[str, _Text] = {}
        self._names = count(1)
        #: What was sent and has not been answered: a text stands for its preparation.
        self._sent: deque[Cursor | _Text] = deque()
        self._syncs = 0
        self._waits_until: float | None = None
        self._is_committing = False
        self._has_warned = False
        #: Of the last transaction that writes: the statements that asked for its id, and ended it.
        self._asked_id: Cursor | None = None
        self._asked_commit: Cursor | None = None
        self._is_writing = False
        connection.add_notice_handler(self._noticed)
        self._poll = select.poll()
        self._poll.register(self._pgconn.socket, select.POLLIN)
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()

    @property
    def closed(self) -> bool:
        return self._connection.closed

    @property
    def backend(self) -> int:
        """The process that answers, as the connection was told when it began."""
        return self._pgconn.backend_pid

    @property
    def is_pooled(self) -> bool:
        """Whether each transaction may be another session's."""
        return bool(self.first)

    def fileno(self) -> int:
        return self._pgconn.socket

    def close(self) -> None:
        self._connection.close()

    # Transactions

    def begin(self, *, writes: bool) -> None:
        """Begins a transaction, when the one before it is over."""
        self._is_writing = False
        self._expect()
        self._settle()
        if len(self._texts) >= TEXTS_AT_MOST:
            # By itself: a pooler forgets the names when it is answered, those given since as well.
            self._texts = {}
            self.execute("DEALLOCATE ALL")
            self.commit(writes=False)
            self._expect()
        self._asked_id = self._asked_commit = None
        self._is_writing = writes
        if writes:
            self.execute("BEGIN")
            for each in self.first:
                self.execute(each)

    @property
    def transaction_id(self) -> TransactionId | None:
        """The id of the last transaction, where it writes and the server has sent it."""
        asked = self._asked_id
        if asked is None or asked.result is None or (value := asked.result.get_value(0, 0)) is None:
            return None
        return TransactionId(*value.decode().split())

    @property
    def is_committed(self) -> bool:
        """Whether the server has answered the last COMMIT, and without a warning."""
        asked = self._asked_commit
        return asked is not None and asked.result is not None and not self._has_warned

    def leaves_open(self, error: psycopg.Error) -> bool:
        """Whether the last transaction may have been committed in spite of this error of it.

        An error that the server sent for a statement undoes the transaction. Where the connection
        breaks, or is ended, after COMMIT was sent, the error says nothing of the transaction.
        """
        if self._asked_commit is None or isinstance(error, (errors.PipelineAborted, StalePlan)):
            return False
        if self._asked_commit.result is not None:
            return True
        return (error.diag.severity_nonlocalized or error.diag.severity) != "ERROR"

    def _expect(self) -> None:
        within = self.answers_within
        self._waits_until = None if within is None else time.monotonic() + within

    def commit(self, *, writes: bool, then: str | None = None, within: float | None = None) -> Any:
        """Ends it. What was written is durable then; an error of any statement comes up.

        `then`: a statement sent with it and carried out after it; its one value is given.
        `within` so many seconds, or the connection is closed and CommitUnanswered raised.
        """
        if writes:
            # Known before COMMIT is sent: by its id is found out what became of the transaction.
            if self._asked_id is None:
                self._asked_id = self.execute(_OWN_ID)
            if self._asked_id.result is None:
                self.receive(self._asked_id)
            self._asked_commit = self.execute("COMMIT")
            self._is_writing = False
        self._has_warned = False
        asked = None if then is None else self.execute(then)
        self._pgconn.pipeline_sync()
        self._syncs += 1
        if writes or self._sent:
            if within is not None:
                self._waits_until = time.monotonic() + within
            self._is_committing = writes
            try:
                self._settle()
            finally:
                self._waits_until, self._is_committing = None, False
        else:
            self._waits_until = None
            self._flush()  # whoever comes next hears that the server has done with it
        if writes and self._has_warned:
            raise CommitInDoubt("the wait for a synchronous replica was given up")
        return None if asked is None else asked.fetchone()[0]

    def _noticed(self, notice: errors.Diagnostic) -> None:
        # Text and language are the server's own; this code no statement of ours is answered with.
        if notice.sqlstate == "01000":
            self._has_warned = True

    def roll_back(self) -> None:
        """Undoes the transaction under way, if there is any, whatever state it is in."""
        self._is_writing = False
        self._pgconn.pipeline_sync()
        self._syncs += 1
        try:
            self._settle()
        except psycopg.Error:
            if self.closed:
                raise
        if self._pgconn.transaction_status != pq.TransactionStatus.IDLE:
            self.execute("ROLLBACK")
            self.commit(writes=False)

    # Statements

    def execute(self, text: str, values: Sequence[Any] = ()) -> Cursor:
        """Sends a statement with ``%s`` for each value."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = _Text(text, Transformer(self._connection))
        if known.name is None and self.keeps_names:
            self._count_use(known)
        # After these, which may send statements of their own: the formats are those of the last.
        dumping = self._dumping
        given = dumping.dump_sequence(
            values, [_FORMAT_OF.get(type(each)) or _format_of(each) for each in values]
        )
        # No types are told, each value has its place in the statement to go by: so a statement is
        # prepared once, whatever is None and however long the numbers are.
        if known.name is None:
            self._pgconn.send_query_params(known.command, given, None, dumping.formats, _AS_IT_IS)
        else:
            self._pgconn.send_query_prepared(known.name, given, dumping.formats, _AS_IT_IS)
        cursor = Cursor(self, known)
        self._sent.append(cursor)
        return cursor

    def execute_many(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        """Sends it once for each row of values; what only inserts them takes many at once."""
        several, waiting, left = _for_several(text), 0, iter(rows)
        while chunk := list(islice(left, IN_ONE)):
            if several and len(chunk) == IN_ONE:
                cursor = self.execute(several, [*chain.from_iterable(chunk)])
            else:
                for row in chunk:
                    cursor = self.execute(text, row)
            waiting += len(chunk)
            if waiting >= IN_BULK:  # neither side is to hold more than that
                self.receive(cursor)
                waiting = 0

    def _count_use(self, known: _Text) -> None:
        known.uses += 1
        if known.uses == PREPARED_AT:
            self._prepare(known)

    def prepare(self, text: str) -> str:
        """Prepares a statement now; gives the name."""
        known = self._texts[text] = _Text(text, Transformer(self._connection))
        return self._prepare(known).decode()

    def _prepare(self, known: _Text) -> bytes:
        known.name = name = b"tiro_%d" % next(self._names)
        self._pgconn.send_prepare(name, known.command)
        self._sent.append(known)
        return name

    # Results

    def receive(self, cursor: Cursor) -> None:
        """Waits for the result of the cursor, and of all that were sent before it."""
        if self._is_writing and self._asked_id is None:
            # It makes this trip as well. Not with BEGIN: the isolation level must come before it.
            self._asked_id = self.execute(_OWN_ID)
        self._pgconn.send_flush_request()
        self._flush()
        while cursor.result is None:
            if not self._sent:
                raise psycopg.InterfaceError("the statement was given up with its transaction")
            self._receive_next()

    def _receive_next(self) -> None:
        waiting = self._sent.popleft()
        result = self._result()
        if result is None:
            raise psycopg.OperationalError("the connection is gone")
        self._result()  # None: that was all of this statement
        if not self._is_committing:
            self._waits_until = None
        if result.status in (_ROWS, _COUNT):
            if isinstance(waiting, Cursor):
                waiting.result = result
            return
        if isinstance(waiting, _Text):
            waiting.name, waiting.uses = None, 0
        if self.closed:
            raise psycopg.OperationalError(result.get_error_message())
        if _has_stale_plan(result):
            self.close()
            raise StalePlan(result.get_error_message())
        if result.status == pq.ExecStatus.PIPELINE_ABORTED:
            raise errors.PipelineAborted("an earlier statement has failed")
        error = errors.error_from_result(result)
        is_of_request = isinstance(waiting, Cursor) and waiting.is_of_request
        if is_of_request and isinstance(error, errors.LockNotAvailable):
            raise RequestInProgress(str(error)) from error
        raise error

    def _settle(self) -> None:
        """Waits for all that is open, and only then lets the first error come up."""
        if not self._syncs:
            return
        self._flush()
        error: psycopg.Error | None = None
        while self._sent:
            try:
                self._receive_next()
            except psycopg.Error as failed:
                error = error or failed
                if self.closed:
                    raise error from None
        while self._syncs:
            if self._result() is None:
                raise error or psycopg.OperationalError("the connection is gone")
            self._syncs -= 1
        if error is not None:
            raise error

    def _result(self) -> PGresult | None:
        pgconn = self._pgconn
        while pgconn.is_busy():
            if self._waits_until is None:
                self._poll.poll()
            elif not self._poll.poll(max(0.0, self._waits_until - time.monotonic()) * 1000):
                self.close()
                if self._is_committing:
                    raise CommitUnanswered("a commit was not answered in time")
                raise Unanswered("no session was had of the pool in time")
            pgconn.consume_input()
        return pgconn.get_result()

    def _flush(self) -> None:
        pgconn = self._pgconn
        if not pgconn.flush():
            return
        # Neither side may wait for the other to read first.
        self._poll.modify(pgconn.socket, select.POLLIN | select.POLLOUT)
        while pgconn.flush():
            self._poll.poll()
            pgconn.consume_input()
        self._poll.modify(pgconn.socket, select.POLLIN)
