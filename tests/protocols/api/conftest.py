"""A library to ask over the API, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocols.api.stage import Stage, a_stage


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with a_stage(database_url) as stage:
        yield stage
