"""A library to ask as discovery systems do, on both databases, or on one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocols.discovery.stage import Stage, a_stage


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with a_stage(database_url) as stage:
        yield stage


@pytest.fixture
def one_stage(sqlite_url: str) -> Iterator[Stage]:
    """On one database, where nothing is asked of it."""
    with a_stage(sqlite_url) as stage:
        yield stage
