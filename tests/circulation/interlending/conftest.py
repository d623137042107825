from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database, open_database
from tests.builders.circulation import Library, a_library


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    """The library of tests.builders.circulation on SQLite."""
    database = open_database(sqlite_url)
    yield a_library(database)
    database.close()


@pytest.fixture
def either_library(database: Database) -> Library:
    """The same on either database."""
    return a_library(database)
