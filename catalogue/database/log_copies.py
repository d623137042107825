"""Copies of SQLite's log into the file before which it was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from catalogue.database.readers import Reader

#: What nobody reads an older state of is copied; nobody is waited for.
COPY: Final = "PRAGMA wal_checkpoint(PASSIVE)"


class Copier:
    """Copies the log on a connection of its own, so that others go on on theirs."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._beside: Reader | None = None

    def copy(self, beside: Reader | None) -> None:
        """Into the file that `beside` reads. What it cannot copy is left to who copies the rest."""
        if beside is None:
            return
        try:
            if self._beside is not beside:
                self.close()
                self._connection, self._beside = self._connect(), beside
            assert self._connection is not None
            self._connection.execute(COPY).fetchall()
        except sqlite3.Error:
            self.close()

    def close(self) -> None:
        connection, self._connection, self._beside = self._connection, None, None
        if connection is not None:
            connection.close()
