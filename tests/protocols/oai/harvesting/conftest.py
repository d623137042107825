"""A library, and a repository that it harvests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import open_database
from tests.builders.circulation import a_library
from tests.protocols.oai.harvesting.repository import Repository, running
from tests.protocols.oai.harvesting.stage import Stage


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    database = open_database(database_url)
    library = a_library(database)
    with running(Repository(lambda: library.now)) as repository:
        yield Stage(library, repository)
    database.close()
