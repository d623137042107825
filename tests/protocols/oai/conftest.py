"""A library to harvest, whose answers are all held against the schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocols.oai.schema import Schema
from tests.protocols.oai.stage import Stage, a_stage


@pytest.fixture(scope="session")
def schema(shared: Path) -> Schema:
    return Schema(shared)


@pytest.fixture
def stage(database_url: str, schema: Schema) -> Iterator[Stage]:
    with a_stage(database_url) as stage:
        stage.check = schema.check
        yield stage


@pytest.fixture(scope="module")
def reading(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, schema: Schema
) -> Iterator[Stage]:
    """A library of one record, that no test changes."""
    path = tmp_path_factory.mktemp("oai") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    with a_stage(f"sqlite:///{path}") as stage:
        stage.check = schema.check
        stage.add()
        stage.harvest()
        yield stage
