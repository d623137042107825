from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalogue.database import Database, open_database
from tests.builders.circulation import a_library
from tests.conftest import a_postgresql
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import Stage, a_partner


@pytest.fixture(scope="session")
def schemas(shared: Path) -> Schemas:
    return Schemas(shared)


@pytest.fixture
def stage(sqlite_url: str, schemas: Schemas) -> Iterator[Stage]:
    """A library with one partner, Odense, on SQLite."""
    stage = Stage(a_library(open_database(sqlite_url)), schemas)
    a_partner(stage.library)
    yield stage
    stage.close()


@pytest.fixture
def either_stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    """The same on either database."""
    stage = Stage(a_library(database), schemas)
    a_partner(stage.library)
    yield stage
    stage.services.close()


@pytest.fixture
def other_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Another fresh file."""
    path = tmp_path / "other.sqlite"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Two fresh databases."""
    take: Callable[[str], object] = request.getfixturevalue
    if request.param == "sqlite":
        yield str(take("sqlite_url")), str(take("other_url"))
        return
    template = take("postgresql_template")
    with a_postgresql(template) as one, a_postgresql(template) as other:  # type: ignore[arg-type]
        yield one, other
