from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.database import open_database
from tests.builders.circulation import a_library
from tests.protocols.ncip.stage import SETTINGS, Schemas, Stage


@pytest.fixture(scope="session")
def schemas(shared: Path) -> Schemas:
    return Schemas(shared)


@pytest.fixture
def stage(sqlite_url: str, schemas: Schemas) -> Iterator[Stage]:
    """A library with one partner, DK-710100, on SQLite."""
    stage = Stage(a_library(open_database(sqlite_url)), SETTINGS, schemas)
    yield stage
    stage.close()
