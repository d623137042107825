"""The library that circulation is tested with, on both databases or on one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database, open_database
from tests.builders.circulation import Library, a_library
from tests.conftest import a_postgresql


@pytest.fixture
def one_postgresql_url(postgresql_template: tuple[str, str]) -> Iterator[str]:
    with a_postgresql(postgresql_template) as url:
        yield url


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
