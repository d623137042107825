"""A library to ask as FBS is asked, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpora.fbs import Answers
from tests.protocols.fbs.interface import Interface
from tests.protocols.fbs.stage import Stage, a_stage


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(database_url, tmp_path) as stage:
        yield stage


@pytest.fixture
def one_stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    """On one database, where nothing is asked of it."""
    with a_stage(sqlite_url, tmp_path) as stage:
        yield stage


@pytest.fixture(scope="session")
def judge(shared: Path) -> Interface | Answers:
    """The published interface, or where that is not the answers that it has found right."""
    if (shared / "data" / "fbs").is_dir():
        return Interface(shared / "data" / "fbs")
    return Answers()


@pytest.fixture(scope="session")
def interface(official: Path) -> Interface:
    """The published interface."""
    return Interface(official / "data" / "fbs")
