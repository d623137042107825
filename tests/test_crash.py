"""The crash campaign at small scale: ``make crash`` is the whole."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import a_postgresql
from tests.crash.__main__ import break_connections
from tests.crash.campaign import run
from tests.crash.stage import Stage

KILLS = 4


def test_what_was_acknowledged_outlasts_kills(database_url: str, tmp_path: Path) -> None:
    stage = Stage.prepared(tmp_path, database_url)
    report = run(stage, KILLS, seed=1, callers=1)
    assert report.violations == [], report.text()
    assert report.kills == KILLS
    assert report.restarts
    for protocol in ("SIP2", "NCIP", "Z39.50"):
        assert any(name.startswith(protocol) for name in report.heard.granted), report.text()


def test_what_was_acknowledged_outlasts_broken_connections_of_the_database(
    postgresql_template: tuple[str, str], tmp_path: Path
) -> None:
    with a_postgresql(postgresql_template) as url:
        _break(url, tmp_path)


def _break(url: str, folder: Path) -> None:
    stage = Stage.prepared(folder, url)
    report = run(
        stage,
        0,
        seed=1,
        callers=1,
        breaks=KILLS,
        break_connections=lambda: break_connections(url),
    )
    assert report.violations == [], report.text()
    assert report.broken_connections == KILLS
