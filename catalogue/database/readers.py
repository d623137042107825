"""A connection to a file of SQLite on which reads run, and the snapshot that it may be holding."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import TypeVar

from catalogue.database.contract import Work
from catalogue.database.transactions import Kept, Transaction

T = TypeVar("T")


class ReadHasWritten(RuntimeError):
    """Work that was given as a read has changed the database: what it did was undone."""


class Reader:
    """Reads on one connection, of one thread; `lock` is held by whoever uses the connection.

    Closed under a statement, SQLite's library crashes. A reader that `is_broken` is to be closed,
    and is not asked again.
    """

    def __init__(self, connection: sqlite3.Connection, kept: Kept) -> None:
        self.connection = connection
        self.transaction = Transaction(
            "sqlite", connection.execute, connection.executemany, kept=kept
        )
        self.holding = False
        self.is_broken = False
        self._is_due = False  # it will be released anyway
        self.lock = threading.RLock()
        self._commits_seen = -1
        self._changes = 0

    def holds(self, commits: int) -> bool:
        """Is a snapshot held that sees so many commits of this process? An older one is let go."""
        if self.holding and self._commits_seen != commits:
            self.release()
        return self.holding

    def begin(self, commits: int) -> None:
        """Takes a snapshot, which sees so many commits at least."""
        self.connection.execute("BEGIN")
        self.transaction.memory = {}
        self.holding, self._commits_seen = True, commits
        self._changes = self.connection.total_changes

    def release_later(self, later: Callable[[Callable[[], None]], object]) -> None:
        """Has the snapshot let go by `later`, or by what it was asked before and has not done."""
        if not self._is_due:
            self._is_due = True
            later(self._release_now)

    def _release_now(self) -> None:
        self._is_due = False
        self.release()

    def run(self, work: Work[T]) -> T:
        """What the work finds in the snapshot. Raises ReadHasWritten."""
        try:
            return work(self.transaction)
        finally:
            if self.connection.total_changes != self._changes:
                self._let_go("ROLLBACK")
                raise ReadHasWritten

    def release(self) -> None:
        with self.lock:
            if self.holding:
                self._let_go("COMMIT")

    def _let_go(self, how: str) -> None:
        self.holding = False
        self.transaction.memory = None
        try:
            self.connection.execute(how)
        except sqlite3.Error:
            self.is_broken = True  # the next read has another connection

    def close(self) -> None:
        with self.lock:
            self.release()
            self.connection.close()
