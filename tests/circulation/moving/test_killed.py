"""`tiro move load`, killed with -9 and run again, ends as one that nobody disturbs."""

from __future__ import annotations

from pathlib import Path

from tests.bench.bench_move_killed import compare


def test_killed_and_run_again_it_is_the_same(tmp_path: Path) -> None:
    one, other = (f"sqlite:///{tmp_path / name}.sqlite" for name in ("one", "other"))
    *_, last = compare(tmp_path, (one, other), 0.002, 3)
    assert last == "the sheet balances"
