"""The command line on a library of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.staff import Staff


@pytest.fixture
def staff(sqlite_url: str, tmp_path: Path) -> Iterator[Staff]:
    staff = Staff(tmp_path, sqlite_url)
    yield staff
    staff.database.close()
