"""Circulation is tested on both databases; PostgreSQL's is emptied between tests, not made anew.

Making and dropping a database costs PostgreSQL a checkpoint, ten times what most tests here take.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.database import Database, open_database
from catalogue.schema import metadata
from tests.builders.circulation import Library, a_library


@pytest.fixture(scope="package")
def one_postgresql_url(postgresql_template: tuple[str, str]) -> Iterator[str]:
    import psycopg

    base, template = postgresql_template
    name = f"tiro_circulation_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        yield f"{base}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        path = tmp_path / "tiro.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    import psycopg

    url = request.getfixturevalue("one_postgresql_url")
    yield url
    tables = ", ".join(sorted(set(metadata.tables) - {"set_up_version"}))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")
        connection.execute("UPDATE set_up_version SET version = 0")


@pytest.fixture
def library(database: Database) -> Library:
    """A small library, on each kind of database in turn."""
    return a_library(database)


@pytest.fixture
def sqlite_library(sqlite_url: str) -> Iterator[Library]:
    """The same where one kind of database is enough."""
    database = open_database(sqlite_url)
    yield a_library(database)
    database.close()
