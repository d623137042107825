"""Two libraries in opposite roles of which either is killed now and then: they agree in the end.
``python -m tests.protocols.iso18626.killed`` is the whole."""

from __future__ import annotations

import pytest

from protocols.iso18626.codes import Version
from tests.protocols.iso18626.killed import Size, run
from tests.protocols.iso18626.schemas import Schemas

#: Drawn by hand: within them are kills of all kinds.
SHORT = Size(10, 160)


@pytest.mark.parametrize("version", Version)
def test_both_ends_agree_whoever_is_killed(
    version: Version, urls: tuple[str, str], schemas: Schemas
) -> None:
    deaths, ends = run(18626, SHORT, urls, schemas, version)
    assert deaths.total() > 3
    assert sum(number for end, number in ends.items() if end.startswith("completed")) > 2
