"""A library to ask over SRU, and the schemas of its answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocols.sru.stage import Schemas, Stage, a_stage


@pytest.fixture
def stage(sqlite_url: str) -> Iterator[Stage]:
    with a_stage(sqlite_url) as stage:
        yield stage


@pytest.fixture(scope="session")
def schemas(shared: Path) -> Schemas:
    return Schemas(shared)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Stage]:
    """A library that no test changes."""
    path = tmp_path_factory.mktemp("sru") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    with a_stage(f"sqlite:///{path}") as stage:
        yield stage
