"""A library, and a data well that is told of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from protocols.holdings.data_well import DataWellSettings, DataWellSink
from tests.protocols.holdings.stage import NAME, Stage, a_stage
from tests.protocols.holdings.well import Well, running


@pytest.fixture
def well() -> Iterator[Well]:
    with running(Well()) as well:
        yield well


@pytest.fixture
def stage(database_url: str, well: Well) -> Iterator[Stage]:
    settings = DataWellSettings(f"http://127.0.0.1:{well.port}/", "900100", "tiro", "secret")
    with a_stage(database_url, {NAME: DataWellSink(settings, None)}) as stage:
        yield stage
