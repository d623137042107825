"""The log of a SQLite file is written into the file beside the commits, not in them.

Left to SQLite, a commit that finds a thousand pages in the log copies them into the file and waits
for the disk once more, and all who want to write wait for it. Here a thread does that, on a
connection of its own. Where it has come to the end of the log it waits for the disk, with all that
it has copied; while others commit it seldom does so at once, and is at it again for what came
meanwhile. The log begins anew only where nothing came: where it has become long, the few pages that
are left are copied in a turn of the writer thread, beside which nobody commits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from catalogue.database.contract import DatabaseClosed, Work

#: Rows that were changed, after which the log is looked at: some four thousand pages of a library
#: that lends.
ROWS: Final = 2_000
#: Pages of the log from which it is to begin anew.
LONG_PAGES: Final = 2_000
#: How often the end of the log is tried to be reached.
TRIES: Final = 20
#: Pages of the log that a commit copies itself, should all of this have failed.
_AT_LAST: Final = 20_000


class Checkpoints:
    """Of one file. `connect` opens it; `write` has work done in a turn of the writer thread."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        write: Callable[[Work[None]], Future[None]],
    ) -> None:
        self._connect = connect
        self._write = write
        self._connection: sqlite3.Connection | None = None  # of whoever is at it
        self._rows = 0
        self._is_under_way = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tiro-checkpoint")

    def note(self, rows: int) -> None:
        """A commit has changed so many rows. For whoever may write: one after another."""
        self._rows += rows
        if self._rows >= ROWS and not self._is_under_way:
            self._rows = 0
            self._is_under_way = True
            self._thread.submit(self._begin)

    def close(self) -> None:
        self._thread.shutdown()
        self._part()

    def _begin(self) -> None:
        pages = 0
        for _ in range(TRIES):
            pages, copied = self._copy()
            if copied == pages:
                break
        is_long = pages >= LONG_PAGES
        try:
            if is_long:
                self._write(lambda transaction: self._finish()).add_done_callback(self._end)
        except DatabaseClosed:
            return
        if not is_long:
            self._end()

    def _finish(self) -> None:
        self._copy()

    def _end(self, _: Any = None) -> None:
        self._is_under_way = False

    def _copy(self) -> tuple[int, int]:
        """Copies what can be copied: how many pages the log has, and how many of them are copied.
        An outage is others' to notice."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            found = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error:
            self._part()
            return 0, 0
        _, pages, copied = found
        return pages, copied

    def _part(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def leave_log(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Has a connection commit without copying the log, as far as this is done by others."""
    connection.execute(f"PRAGMA wal_autocheckpoint={_AT_LAST}")
    return connection
