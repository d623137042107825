"""Two days of the rehearsal: ``make cut-over`` is the whole."""

from __future__ import annotations

import re
import shlex
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.cut_over.__main__ import options
from tests.cut_over.campaign import SHORT, Draw, rehearsed
from tests.cut_over.checker import Figures, figures
from tests.cut_over.terminals import Heard


def test_nothing_is_lost_refused_or_told_twice(tmp_path: Path) -> None:
    draw = replace(Draw(days=2, acts=60, kills=6), **SHORT)
    with rehearsed(tmp_path, draw) as done:

        def found(heard: list[Heard]) -> Figures:
            return figures(
                tmp_path,
                heard,
                done.unfounded,
                unsure=done.told.unsure,
                since=done.shadow_since,
                off_line=done.off_line,
            )

        first = found(done.heard)
        assert (first.lost, first.refused, first.told_twice) == ([], [], []), first.text()
        assert first.differing == [], first.text()
        assert first.changes > 40
        assert sum(sum(each.deaths.values()) for each in (done.old, done.new, done.proxy)) == 6
        # The checker sees what is missing: an act that no system knows, and a loan taken away.
        last = next(each for each in done.heard if each.is_granted and each.sent[:2] == "09")
        invented = replace(last, answer=f"{last.answer}AFnever|")
        assert len(found([*done.heard, invented]).lost) >= 1
        with closing(sqlite3.connect(tmp_path / "new" / "tiro.sqlite")) as connection:
            connection.execute("DELETE FROM loans WHERE checked_in IS NULL")
            connection.commit()
        assert found(done.heard).differing


def test_the_calls_in_the_document_are_calls_of_it() -> None:
    path = Path(__file__).parents[2] / "docs" / "changing-systems.md"
    calls = re.findall(r'make cut-over CUT_OVER_OPTIONS="([^"]*)"', path.read_text("utf-8"))
    assert len(calls) == 2
    for call in calls:
        assert options().parse_args(shlex.split(call)).days < 60
