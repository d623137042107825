"""Two libraries in opposite roles of which either is killed now and then: they agree in the end.
``python -m tests.protocols.iso18626.killed`` is the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from protocols.iso18626.codes import Version
from tests.conftest import a_postgresql
from tests.protocols.iso18626.killed import Size, run
from tests.protocols.iso18626.schemas import Schemas

#: Drawn by hand: within them are kills of all kinds.
SHORT = Size(10, 160)


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


@pytest.mark.parametrize("version", Version)
def test_both_ends_agree_whoever_is_killed(
    version: Version, urls: tuple[str, str], schemas: Schemas
) -> None:
    deaths, ends = run(18626, SHORT, urls, schemas, version)
    assert deaths.total() > 3
    assert sum(number for end, number in ends.items() if end.startswith("completed")) > 2
