"""A file of SQLite, and the thread that serves, of which the test itself is the reactor."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from catalogue.database import Transaction
from catalogue.database.short_writes import ShortWrites
from catalogue.database.sqlite import SqliteDatabase

PATIENCE = 0.5
NAMES = "SELECT name FROM notes ORDER BY rowid"


class Serving:
    """A file, and the thread that serves: this one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE notes (name TEXT NOT NULL)")
        connection.close()
        self.database = SqliteDatabase(path, PATIENCE)
        self.calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.database.write_here(self.calls.put, self.calls.put)

    @property
    def short(self) -> ShortWrites:
        assert self.database._short is not None
        return self.database._short

    @property
    def connection(self) -> sqlite3.Connection:
        """That of its short writes, once there was one."""
        assert self.short._reader is not None
        return self.short._reader.connection

    def note(self, name: str) -> Future[int]:
        """A short write; its result is the thread that did it."""

        def work(transaction: Transaction) -> int:
            transaction.execute("INSERT INTO notes VALUES (?)", (name,))
            return threading.get_ident()

        return self.database.write(work, short=True)

    def call_next(self) -> None:
        """What the thread that serves is to do next, as soon as there is anything."""
        self.calls.get(timeout=10)()

    def until(self, *answers: Future[Any]) -> None:
        while not all(answer.done() for answer in answers):
            with suppress(Empty):
                self.calls.get(timeout=0.01)()

    def done_by(self, name: str) -> int:
        answer = self.note(name)
        self.until(answer)
        return answer.result()

    def reads_where_it_writes(self) -> bool:
        """Does the next read run on the connection of the short writes?"""
        return self.database._reader() is self.short._reader

    def names(self) -> list[str]:
        """What is committed."""
        with sqlite3.connect(self.path) as connection:
            found = [name for (name,) in connection.execute(NAMES)]
        connection.close()
        return found


def here() -> int:
    return threading.get_ident()


def names_of(transaction: Transaction) -> list[str]:
    return [name for (name,) in transaction.execute(NAMES, ()).fetchall()]


def held(serving: Serving) -> tuple[Future[Any], threading.Event]:
    """The writer thread, in the middle of a turn until it is told to go on."""
    go_on, began = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> bool:
        began.set()
        return go_on.wait(30)

    holding = serving.database.write(slow)
    assert began.wait(30)
    return holding, go_on
