"""``python -m tests.cut_over [--days N] [--acts N] [--kills N] [--seed N]``: see the package."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from tests.crash.__main__ import a_postgresql
from tests.cut_over.campaign import SHORT, Draw, rehearse
from tests.cut_over.checker import figures
from tests.cut_over.old_system.character import Character
from tests.processes import fork_from_now_on


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cut_over")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--acts", type=int, default=2000, help="a day")
    parser.add_argument("--kills", type=int, default=2, help="a day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--compares-every",
        type=int,
        default=1,
        metavar="DAYS",
        help="How often everything is compared in the evening; each night it is, too.",
    )
    parser.add_argument("--keep", type=Path, help="A new folder that everything is left in.")
    parser.add_argument(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="of the new system; PostgreSQL at TIRO_TEST_POSTGRESQL",
    )
    parser.add_argument(
        "--trait",
        action="append",
        metavar="NAME=VALUE",
        help="Of the old system, in place of what the seed draws; plain: none but those given.",
    )
    return parser


def main() -> int:
    chosen = options().parse_args()
    fork_from_now_on()
    began = time.monotonic()
    draw = Draw(chosen.days, chosen.acts, chosen.kills, chosen.seed)
    if draw.days <= draw.again:
        draw = replace(draw, **SHORT)
    traits = chosen.trait or []
    character = Character() if "plain" in traits else Character.drawn(draw.seed)
    character = character.with_traits(each for each in traits if each != "plain")
    draw = replace(draw, character=character, compares_every=max(1, chosen.compares_every))
    print(f"the old system: {character.text()}", flush=True)
    database = a_postgresql() if chosen.database == "postgresql" else nullcontext("")
    with tempfile.TemporaryDirectory(prefix="tiro-cut-over-") as name, database as url:
        folder = chosen.keep or Path(name)
        folder.mkdir(exist_ok=True)
        done = rehearse(folder, draw, lambda line: print(line, flush=True), url=url)
        found = figures(folder)
    took = time.monotonic() - began
    print(f"\nseed {draw.seed}, {draw.days} days of {draw.acts:,} acts, {took:.0f} s")
    print(f"the old system: {character.text()}")
    print(done.deaths())
    print(found.text())
    return 0 if found.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
