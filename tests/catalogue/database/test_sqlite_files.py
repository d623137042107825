"""What is in the place of a library and is none is left as it is, byte by byte."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from catalogue.database import DatabaseUnavailable, migrate, open_database
from catalogue.database.backups import BackupFailed, back_up, restore
from catalogue.database.migrations import running
from catalogue.database.migrations.running import standing_of
from catalogue.database.sqlite_files import NotALibrary


def empty(path: Path) -> None:
    path.touch()


def a_text(path: Path) -> None:
    path.write_text("Dear Sir or Madam, this is a letter.\n" * 300)


def of_another_program(path: Path, journal: str = "DELETE") -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE dogs (name TEXT)")
        connection.execute("INSERT INTO dogs VALUES ('Rex')")
        connection.commit()


def of_another_program_with_a_log(path: Path) -> None:
    of_another_program(path, "WAL")


def of_another_program_with_alembic(path: Path) -> None:
    of_another_program(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")


NO_LIBRARIES = (
    empty,
    a_text,
    of_another_program,
    of_another_program_with_a_log,
    of_another_program_with_alembic,
)


@pytest.fixture(params=NO_LIBRARIES, ids=lambda make: make.__name__)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "other" / "tiro.sqlite"
    path.parent.mkdir()
    request.param(path)
    return path


@pytest.fixture
def backup(sqlite_url: str, tmp_path: Path) -> Path:
    back_up(sqlite_url, tmp_path / "backup")
    return tmp_path / "backup"


@pytest.mark.parametrize(
    "work",
    [
        migrate,
        open_database,
        standing_of,
        lambda url: back_up(url, Path(f"{url.removeprefix('sqlite:///')}-backup")),
    ],
    ids=["migrate", "open", "look", "back up"],
)
def test_it_is_refused_and_left_as_it_is(path: Path, work: Callable[[str], object]) -> None:
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises((NotALibrary, DatabaseUnavailable, BackupFailed, DBAPIError, sqlite3.Error)):
        work(f"sqlite:///{path}")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)
    assert os.listdir(path.parent) == [path.name]


def test_no_backup_takes_its_place(path: Path, backup: Path) -> None:
    before = path.read_bytes()
    for replacing in (False, True):
        if not before:
            restore(f"sqlite:///{path}", backup, replacing=replacing)
            assert path.stat().st_size
            path.write_bytes(b"")  # nothing was lost
            continue
        with pytest.raises((NotALibrary, BackupFailed, DatabaseUnavailable)):
            restore(f"sqlite:///{path}", backup, replacing=replacing)
        assert path.read_bytes() == before


@pytest.mark.parametrize("work", [migrate, standing_of], ids=["migrate", "look"])
def test_a_database_of_postgresql_with_tables_of_another_program(
    empty_postgresql: str, work: Callable[[str], object]
) -> None:
    import psycopg

    with psycopg.connect(empty_postgresql, autocommit=True) as connection:
        connection.execute("CREATE TABLE dogs (name text)")
        with pytest.raises(NotALibrary, match=r"tables of another program \(dogs\)"):
            work(empty_postgresql)
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert found.fetchall() == [("dogs",)]


def test_an_empty_database_of_postgresql_becomes_a_library(empty_postgresql: str) -> None:
    migrate(empty_postgresql)
    assert standing_of(empty_postgresql).fit is running.Fit.SAME


@pytest.fixture
def empty_postgresql(postgresql_template: tuple[str, str]) -> Iterator[str]:
    import psycopg

    from tests.postgresql_copies import drop_database

    base, template = postgresql_template
    name = f"{template}_no_library"
    with psycopg.connect(os.environ["TIRO_TEST_POSTGRESQL"], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        yield f"{base}/{name}"
        drop_database(connection, name)


def test_a_library_whose_making_failed_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "tiro.sqlite"
    with monkeypatch.context() as patched:
        patched.setattr(running.command, "upgrade", interrupted)
        with pytest.raises(KeyboardInterrupt):
            migrate(f"sqlite:///{path}")
    assert not path.exists()
    migrate(f"sqlite:///{path}")
    assert standing_of(f"sqlite:///{path}").fit is running.Fit.SAME
