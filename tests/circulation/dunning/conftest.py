"""The flow is tested on SQLite; what it promises, on PostgreSQL as well."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from tests.builders.circulation import Library, a_library


@pytest.fixture
def library(sqlite_library: Library) -> Library:
    return sqlite_library


@pytest.fixture
def either_library(database: Database) -> Library:
    """A small library, on each kind of database in turn."""
    return a_library(database)
