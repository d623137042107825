"""Two servers that lend to each other and are killed (SIGKILL): all comes to its end.
``python -m tests.protocols.iso18626.towns`` has more of it."""

from __future__ import annotations

from pathlib import Path

from tests.protocols.iso18626.towns import run
from tests.trials import are_whole


def test_both_servers_agree_whoever_is_killed(urls: tuple[str, str], tmp_path: Path) -> None:
    cases, kills = (20, 12) if are_whole() else (2, 2)
    deaths = run(18626, cases, kills, tmp_path / "towns", urls)
    assert sum(deaths) == kills
