"""The log of a SQLite file is copied beside the commits, and begins anew while others write."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue.database import Transaction, checkpoints
from catalogue.database.sqlite import SqliteDatabase

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "notes.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (name TEXT NOT NULL)")
    connection.close()
    return path


def note(transaction: Transaction) -> None:
    transaction.execute("INSERT INTO notes VALUES ('a note')", ())


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def copied_of(path: Path) -> int:
    """How many notes stand in the file itself, without its log."""
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM notes").fetchone()
    connection.close()
    return int(count)


def test_what_was_committed_is_copied_into_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "ROWS", 5)
    database = SqliteDatabase(path)
    try:
        for _ in range(4):
            database.write(note).result()
        assert copied_of(path) == 0
        database.write(note).result()
        until(lambda: copied_of(path) == 5)
    finally:
        database.close()


def test_the_log_begins_anew_while_somebody_writes_without_pause(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "ROWS", 5)
    monkeypatch.setattr(checkpoints, "LONG_PAGES", 5)
    database = SqliteDatabase(path)
    log = Path(f"{path}-wal")
    try:
        sizes = set()
        until_it_has_begun_anew = time.monotonic() + 30
        for written in range(1, 100_000):
            database.write(note).result()
            sizes.add(log.stat().st_size)
            if written > 10 * max(sizes) / PAGE or time.monotonic() > until_it_has_begun_anew:
                break
        assert written > 10 * max(sizes) / PAGE
    finally:
        database.close()


def test_where_it_cannot_be_copied_writing_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "ROWS", 1)
    database = SqliteDatabase(path)
    tried: list[int] = []

    def refused() -> sqlite3.Connection:
        tried.append(1)
        raise sqlite3.OperationalError("unable to open database file")

    connect = database._checkpoints._connect
    monkeypatch.setattr(database._checkpoints, "_connect", refused)
    try:
        for _ in range(2):
            database.write(note).result()
            until(lambda: bool(tried) and not database._checkpoints._is_under_way)
        assert len(tried) == 2
        assert copied_of(path) == 0
        monkeypatch.setattr(database._checkpoints, "_connect", connect)
        database.write(note).result()
        until(lambda: copied_of(path) == 3)
    finally:
        database.close()


def test_nothing_is_lost_where_the_database_is_closed_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "ROWS", 1)
    monkeypatch.setattr(checkpoints, "LONG_PAGES", 1)
    for expected in range(1, 21):
        database = SqliteDatabase(path)
        database.write(note)
        database.close()
        assert copied_of(path) == expected
