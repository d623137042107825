"""A desk in a browser, over a server of its own on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(sqlite_url, tmp_path) as stage:
        yield stage


@pytest.fixture
def desk(stage: Stage) -> Iterator[Desk]:
    with a_browser() as browser:
        yield Desk(browser, stage.address).log_in(NAME, PASSWORD)
