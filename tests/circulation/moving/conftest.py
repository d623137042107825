"""A small library, and another system that moves into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.circulation import Library
from tests.builders.moving import OldSystem


@pytest.fixture
def old(library: Library, tmp_path: Path) -> OldSystem:
    """On each kind of database in turn."""
    return OldSystem(library, tmp_path)


@pytest.fixture
def more(old: OldSystem) -> OldSystem:
    """The same with holds, debts, messages and history."""
    old.plan_more()
    return old


@pytest.fixture
def sqlite_old(sqlite_library: Library, tmp_path: Path) -> OldSystem:
    return OldSystem(sqlite_library, tmp_path)
