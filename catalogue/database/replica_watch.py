"""How far a replica has come, checked now and then by a thread of its own.

The primary is asked for its position, and then the replica for its own. The newest position of the
primary that the replica has reached tells of a moment of which it has everything: until the lag has
passed since then it may answer, whatever becomes of the primary meanwhile.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import psycopg

from catalogue.database.connections import BELIEVED_FOR, bounded, first_line, place_of

log = logging.getLogger(__name__)

#: Where the primary's log is durable: every commit that was answered lies before it. Commits that
#: do not wait for the disk are answered before they are there, and only written, in memory. 0 on a
#: server that takes no changes.
POSITION: Final = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE"
    " ((CASE current_setting('synchronous_commit') WHEN 'off'"
    " THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END)"
    " - '0/0'::pg_lsn)::bigint END"
)
#: How far a replica has replayed it; nothing counts on a server that has become a primary itself.
REPLAYED: Final = (
    "SELECT CASE WHEN pg_is_in_recovery()"
    " THEN (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint ELSE -1 END"
)

#: What a primary and its replicas have in common, and no other database has.
IDENTITY: Final = "SELECT system_identifier || '/' || current_database() FROM pg_control_system()"

#: Seconds between two looks: a quarter of the lag, but not more than so many.
_SELDOM: Final = 0.5
#: Seconds that either server has to answer a look.
_ANSWERS_IN: Final = 1.0
#: The log is told at most so often that the replica is not used, however often it comes and goes.
_TOLD_EVERY: Final = 60.0


class Enquiry:
    """A connection for the watch: one number at a time, and not waited for longer than a second."""

    def __init__(self, conninfo: str, text: str) -> None:
        self._conninfo = conninfo
        self._text = text.encode()
        self._connection: psycopg.Connection[Any] | None = None
        self.identity: str | None = None

    def ask(self) -> int:
        """Raises psycopg.OperationalError, and connects anew the next time."""
        try:
            return self._ask()
        except psycopg.Error as error:
            self.close()
            raise psycopg.OperationalError(first_line(error)) from error

    def _ask(self) -> int:
        if self._connection is None:
            self._connection = psycopg.connect(self._conninfo, autocommit=True)
            row = self._connection.execute(IDENTITY).fetchone()
            self.identity = None if row is None else row[0]
        pgconn = self._connection.pgconn
        pgconn.send_query_params(self._text, None)
        pgconn.flush()
        end = time.monotonic() + _ANSWERS_IN
        found: int | None = None
        while True:
            while pgconn.is_busy():
                left = end - time.monotonic()
                if left <= 0 or not select.select([pgconn.socket], [], [], left)[0]:
                    raise psycopg.OperationalError(f"no answer within {_ANSWERS_IN:g} s")
                pgconn.consume_input()
            if (result := pgconn.get_result()) is None:
                break
            if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
                raise psycopg.OperationalError(result.get_error_message())
            if (value := result.get_value(0, 0)) is not None:
                found = int(value)
        if found is None:
            raise psycopg.OperationalError("it does not know its position in the log")
        return found

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class Sight:
    """What is known of a replica: whether it may answer, and for how long.

    `clock` gives monotonic seconds, of which `lag` is a number. One thread writes it, any may read.
    """

    def __init__(self, name: str, lag: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.lag = lag
        #: Seconds that it was behind at the last look; None: nobody knows.
        self.lag_seconds: float | None = None
        #: The newest position of the primary that it is known to have reached.
        self.floor = 0
        #: Why it may not answer when it may not: behind, gone or unknown.
        self.why_not = "unknown"
        self._clock = clock
        self._fit_until = float("-inf")
        self._samples: deque[tuple[float, int]] = deque()
        self._in_step: float | None = None  # of this moment it was last known to have everything
        self._is_used = True  # as the log was told; it is told of the first look only if that fails
        self._told = float("-inf")

    @property
    def is_fit(self) -> bool:
        """Whether it may answer now."""
        return self._clock() < self._fit_until

    def judge(self, asked: float, position: int, replayed: int) -> None:
        """It had replayed so much after the primary, asked at that time, was at `position`.

        0: the primary has not told.
        """
        samples = self._samples
        if position:
            if samples and position < samples[-1][1]:
                samples.clear()  # another primary, and another log
            samples.append((asked, position))
        while samples and samples[0][0] < asked - self.lag:
            samples.popleft()
        for at, known in reversed(samples):
            if known <= replayed:
                self.floor, self._in_step = known, at
                break
        if self._in_step is None:
            self._in_step = asked
        self.lag_seconds = asked - self._in_step
        if not samples or replayed < samples[0][1]:
            if position:
                self.is_unfit("behind", f"it is more than {self.lag:g} s behind")
            else:
                self.is_unfit("unknown", None)
            return
        self._fit_until = self._in_step + self.lag
        self.why_not = "behind" if position else "unknown"
        if not self._is_used:
            self._is_used = True
            log.warning("the replica %s answers reads again", self.name)

    def is_unfit(self, kind: str, reason: str | None) -> None:
        """It may not answer from now on; the log is told why, unless it knows."""
        self._fit_until = float("-inf")
        self.why_not = kind
        if kind == "gone":
            self.lag_seconds = None
        now = self._clock()
        if reason is None or not self._is_used or now - self._told < _TOLD_EVERY:
            return
        self._is_used, self._told = False, now
        log.warning(
            "the replica %s is not used: %s. Reads go to the primary until it can be",
            self.name,
            reason,
        )


class ReplicaWatch:
    """Looks at the replica at `url` of the primary at `primary`; `sever` is called when it is gone
    or hangs."""

    def __init__(self, url: str, primary: str, lag: float, sever: Callable[[], None]) -> None:
        self.sight = Sight(place_of(url), lag)
        self._interval = min(lag / 4, _SELDOM)
        self._sever = sever
        self._stopping = threading.Event()
        self._primary = Enquiry(bounded(primary, BELIEVED_FOR), POSITION)
        self._replica = Enquiry(bounded(url, BELIEVED_FOR), REPLAYED)
        self._thread = threading.Thread(target=self._watch, name="tiro-replica-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(_ANSWERS_IN)  # it may be trying to connect, and holds nothing

    def _watch(self) -> None:
        while True:
            try:
                self._look()
            except Exception:  # reads go to the primary until a look succeeds
                log.exception("the replica %s could not be looked at", self.sight.name)
            if self._stopping.wait(self._interval):
                break
        self._primary.close()
        self._replica.close()

    def _look(self) -> None:
        asked = time.monotonic()
        try:
            position = self._primary.ask()
        except psycopg.Error:  # told elsewhere
            position = 0
        try:
            replayed = self._replica.ask()
        except psycopg.Error as error:
            self.sight.is_unfit("gone", first_line(error))
            self._sever()
            return
        if position and self._replica.identity != self._primary.identity:
            self.sight.is_unfit("gone", "it is no replica of this database")
        elif replayed < 0:
            self.sight.is_unfit("gone", "it is a primary itself")
        else:
            self.sight.judge(asked, position, replayed)
