"""A short draw of what the description says may be asked; `tests.api_conformance` is the long
one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api_conformance import as_patron, as_staff, draw, fill, serving


@pytest.mark.parametrize("who", ["staff", "patron"])
def test_answers_are_as_they_are_described(sqlite_url: str, tmp_path: Path, who: str) -> None:
    filled = fill(sqlite_url)
    with serving(tmp_path, sqlite_url) as address:
        caller = as_staff() if who == "staff" else as_patron(address, filled.card)
        tried = draw(address, 2, *caller, filled=filled, phases="fuzzing")
    assert tried.is_good, tried.said
    assert tried.requests >= 20
