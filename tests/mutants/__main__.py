"""``make mutants``: are small mistakes in the rules of lending, money and rights seen by a test?

Of all mutants ``--count`` are drawn by ``--seed``, and each is tried against the tests that reach
its line, on SQLite. What survives is listed with what was changed and, where it is known, why no
test can see it (`survivors.toml`). The status is 1 where fewer than ``--least`` of a hundred were
seen.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from typing import Final

import pytest

from tests.mutants.changes import Change, Mutant, count_changes
from tests.mutants.plugin import Plugin, Tried
from tests.mutants.rooms import ROOMS, ROOT, TESTS

KNOWN: Final = ROOT / "tests" / "survivors.toml"


def main(options: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=90.0, help="how many of a hundred")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--room", action="append", choices=[*ROOMS], help="all, if none is named")
    asked = parser.parse_args(options)
    mutants = [
        Mutant(name, path, number)
        for name in asked.room or ROOMS
        for path in ROOMS[name].paths
        for number in count_changes(path, ROOMS[name].mentions)
    ]
    drawn = draw(mutants, asked.count, asked.seed)
    print(f"{len(mutants)} mutants; {len(drawn)} of them drawn by seed {asked.seed}", flush=True)
    tried = _try(drawn, asked.processes)
    survivors = [each for each in tried if not each.seen_by]
    reasons = read_reasons(KNOWN.read_text("utf-8"))
    for each in survivors:
        print(
            f"\n{format_mutant(each)}\n  {reasons.get(each.changed.change, 'NO REASON IS KNOWN')}"
        )
    print()
    for name in [*ROOMS, ""]:
        lost = sum(name in ("", each.mutant.room) for each in survivors)
        if of := sum(name in ("", each.mutant.room) for each in tried):
            print(
                f"{name or 'all rooms'}: {of - lost} of {of} seen, {100 * (of - lost) / of:.1f} %"
            )
    return 0 if 100 * (1 - len(survivors) / len(tried)) >= asked.least else 1


def draw(mutants: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return so many of the mutants, the same for the same seed, in their order."""
    ordered = sorted(mutants)
    return sorted(random.Random(seed).sample(ordered, min(count, len(ordered))))


def _try(mutants: Sequence[Mutant], processes: int) -> list[Tried]:
    plugin = Plugin(mutants, processes, _show)
    os.environ.pop("TIRO_TEST_POSTGRESQL", None)
    os.environ.setdefault("TIRO_TESTS_SEED", "1")
    os.environ.setdefault("TIRO_TESTS_ONE_OF", "1")
    os.environ.setdefault("TIRO_SHARED", str(ROOT.parent / "shared"))
    with tempfile.TemporaryDirectory(
        dir="/dev/shm" if os.path.isdir("/dev/shm") else None
    ) as folder:
        options = [
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-s",
            "--disable-warnings",
            "--hypothesis-seed=1",
        ]
        status = pytest.main([*options, f"--basetemp={folder}/tests", *TESTS], [plugin])
    if status or len(plugin.tried) < len(mutants):
        raise SystemExit(f"pytest ended with {status!r}")
    return plugin.tried


def _show(tried: Tried) -> None:
    if tried.seen_by:
        print(f"{tried.changed.change.function}: seen by {tried.seen_by}", flush=True)
    else:
        print(format_mutant(tried), flush=True)


def format_mutant(tried: Tried) -> str:
    function, was, now = tried.changed.change
    return f"{function}, line {tried.changed.line}: {tried.tests} tests pass\n  - {was}\n  + {now}"


def read_reasons(text: str) -> dict[Change, str]:
    """Return why no test can see these changes."""
    rows = tomllib.loads(text).get("survivor", [])
    return {Change(row["function"], row["was"], row["now"]): row["why"] for row in rows}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
