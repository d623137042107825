"""Backups: made while others write, put back whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from catalogue.changes.accession import add_record
from catalogue.database import Database, Statement, open_database, scalar_one
from catalogue.database.backups import BackupFailed, back_up, restore
from catalogue.query import Term
from catalogue.schema import records
from catalogue.searching.evaluation import search
from tests.builders.catalogue import a_record

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@scalar_one(int)
def _count() -> Statement:
    return select(func.count()).select_from(records)


def add(database: Database, title: str) -> None:
    text = a_record(title, control_number=title)
    database.write(lambda transaction: add_record(transaction, text, now=NOW)).result()


def count(database: Database) -> int:
    return int(database.read(_count).result())


def with_database(url: str, work: Callable[[Database], Any]) -> Any:
    database = open_database(url)
    try:
        return work(database)
    finally:
        database.close()


def test_what_was_backed_up_comes_back(
    database: Database, database_url: str, second_database_url: str, tmp_path: Path
) -> None:
    add(database, "soil")
    back_up(database_url, tmp_path / "backup")
    add(database, "water")
    restore(second_database_url, tmp_path / "backup", replacing=True)

    def look(second: Database) -> None:
        assert count(second) == 1
        found = second.read(lambda transaction: search(transaction, Term("title", "soil"))).result()
        assert list(found) == [1]
        add(second, "new")
        assert count(second) == 2

    with_database(second_database_url, look)
    assert count(database) == 2


def test_the_library_itself_goes_back_to_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    add(database, "soil")
    back_up(database_url, tmp_path / "backup")
    add(database, "water")
    with pytest.raises(BackupFailed, match="would be lost"):
        restore(database_url, tmp_path / "backup")
    assert count(database) == 2
    database.close()
    restore(database_url, tmp_path / "backup", replacing=True)
    assert with_database(database_url, count) == 1


def test_others_write_meanwhile(database: Database, database_url: str, tmp_path: Path) -> None:
    """A backup holds every record that was acknowledged before it began, and no half of one."""
    ended = threading.Event()
    failures: list[BaseException] = []

    def keep_writing() -> None:
        number = 0
        try:
            while not ended.is_set() and number < 2_000:
                add(database, f"t{number}")
                number += 1
        except BaseException as failure:
            failures.append(failure)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        while count(database) < 20:
            pass
        before = count(database)
        back_up(database_url, tmp_path / "backup")
    finally:
        ended.set()
        writer.join()
    assert failures == []
    database.close()
    restore(database_url, tmp_path / "backup", replacing=True)
    assert with_database(database_url, count) >= before


def test_only_its_owner_may_read_it(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    back_up(sqlite_url, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == sorted(["backup", "tiro.sqlite"])


def test_an_older_one_stays_where_a_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    path.write_bytes(b"the old one")
    with pytest.raises(BackupFailed):
        back_up(f"sqlite:///{tmp_path}/no/such.sqlite", path)
    assert path.read_bytes() == b"the old one"


def damaged(path: Path) -> None:
    """Zeroes in the middle of the file."""
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 40_000] = bytes(40_000)
    path.write_bytes(whole)


def of_a_newer_tiro(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (damaged, "damaged"),
        (of_a_newer_tiro, "newer Tiro"),
        (lambda path: path.write_bytes(b"something else"), "is not a backup"),
        (lambda path: path.write_bytes(b"PGDMP" + bytes(100)), "is a backup of postgresql"),
    ],
)
def test_what_is_not_whole_is_not_put_back(
    sqlite_url: str, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "backup"
    with_database(sqlite_url, lambda database: add(database, "soil"))
    back_up(sqlite_url, path)
    spoil(path)
    with pytest.raises(BackupFailed, match=message):
        restore(sqlite_url, path, replacing=True)
    assert with_database(sqlite_url, count) == 1


def test_a_program_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupFailed, match="apt-get install postgresql-client"):
        back_up("postgresql://nobody@127.0.0.1/nothing", tmp_path / "backup")


def test_no_password_is_among_the_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All users of a machine can see the arguments of its processes."""
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$@" "[$PGPASSWORD]" >{tmp_path}/seen\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    back_up("postgresql://tiro:s%40cret@db.example:5433/lib", tmp_path / "backup")
    seen = (tmp_path / "seen").read_text()
    arguments, _, password = seen.rpartition(" ")
    assert password.strip() == "[s@cret]"
    assert "cret" not in arguments
    for part in ("user=tiro", "host=db.example", "port=5433", "dbname=lib"):
        assert part in arguments
