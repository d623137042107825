"""``make mutants``: are small mistakes in the rules of lending and money seen by the tests?

mutmut makes the mutants of the modules that ``[mutmut]`` in setup.cfg names; of them ``--count``
are drawn by ``--seed``, and each is tried against the tests there that reach its function, on
SQLite. What survives is listed with what was changed and, where it is known, why no test can see
it (`survivors.toml`). The status is 1 where fewer than ``--least`` of a hundred were seen.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
KNOWN = Path(__file__).with_name("survivors.toml")
#: What mutmut calls a mutant that a test has seen. Whoever loops for ever is seen as well.
SEEN = frozenset({"killed", "timeout", "segfault"})
_LINE = re.compile(r"\s*(\S+__mutmut_\d+): (.+)")
_FUNCTION = re.compile(r"(.*)\.x[_ǁ](.*)__mutmut_\d+")


class Change(NamedTuple):
    """What a mutant changed: the function, and the lines that went and came, parted by ``;``."""

    function: str
    was: str
    now: str


def main(options: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=90.0, help="how many of a hundred")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    asked = parser.parse_args(options)
    everyone = _made(asked.processes)
    drawn = draw(everyone, asked.count, asked.seed)
    print(f"{len(everyone)} mutants; {len(drawn)} of them drawn by seed {asked.seed}", flush=True)
    _mutmut("run", "--max-children", str(asked.processes), *drawn)
    statuses = _statuses()
    survivors = [name for name in drawn if statuses[name] not in SEEN]
    reasons = known_survivors(KNOWN.read_text("utf-8"))
    for name in survivors:
        change = change_of(name, _mutmut("show", name))
        print(f"\n{change.function}: {statuses[name]}\n  - {change.was}\n  + {change.now}")
        print(f"  {reasons.get(change, 'NO REASON IS KNOWN')}")
    score = 100 * (len(drawn) - len(survivors)) / len(drawn)
    print(f"\n{len(drawn) - len(survivors)} of {len(drawn)} seen: {score:.1f} %")
    return 0 if score >= asked.least else 1


def draw(names: Iterable[str], count: int, seed: int) -> list[str]:
    """So many of the mutants, the same for the same seed, in the order of their names."""
    ordered = sorted(names)
    return sorted(random.Random(seed).sample(ordered, min(count, len(ordered))))


def change_of(name: str, shown: str) -> Change:
    """What the mutant changed, from the difference that ``mutmut show`` prints."""
    found = _FUNCTION.fullmatch(name)
    function = f"{found[1]}.{found[2]}".replace("ǁ", ".") if found else name
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++", "#"))]
    was = "; ".join(line[1:].strip() for line in lines if line.startswith("-"))
    now = "; ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return Change(function, was, now)


def known_survivors(text: str) -> dict[Change, str]:
    """Why no test can see these changes."""
    rows = tomllib.loads(text).get("survivor", [])
    return {Change(row["function"], row["was"], row["now"]): row["why"] for row in rows}


def _made(processes: int) -> set[str]:
    """The names of all mutants, made anew where their modules have changed."""
    names = set(_statuses())
    one = min(names, default="circulation.loans.checks.x_terms_refusals__mutmut_1")
    # mutmut makes them all before it tries the one that it is asked to try.
    _mutmut("run", "--max-children", str(processes), one)
    return set(_statuses())


def _statuses() -> dict[str, str]:
    if not (ROOT / "mutants").is_dir():
        return {}
    found = map(_LINE.fullmatch, _mutmut("results", "--all", "true").splitlines())
    return {line[1]: line[2] for line in found if line}


def _mutmut(*arguments: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), *arguments],
        cwd=ROOT,
        env={"TIRO_SHARED": str(ROOT.parent / "shared"), **os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"mutmut {arguments[0]} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
