"""`python -m tests.simulation`: runs the year, and prints the report. The exit code is 1 where
something does not hold."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from catalogue.database import migrate, open_database
from tests.simulation.report import report
from tests.simulation.year import simulate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--patrons", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=120_000)
    parser.add_argument("--loans", type=int, default=300_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="A URL.  [default: a new SQLite file]")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.database or f"sqlite:///{Path(folder) / 'town.sqlite'}"
        migrate(url)
        database = open_database(url)
        started, cpu = time.perf_counter(), time.process_time()
        year = simulate(
            database,
            patrons=chosen.patrons,
            items=chosen.items,
            loans=chosen.loans,
            seed=chosen.seed,
            days=chosen.days,
            say=os.isatty(2),
        )
        text, is_sound = report(year)
        database.close()
    print(text)
    print(f"{time.perf_counter() - started:.0f} s, {time.process_time() - cpu:.0f} s of CPU")
    sys.exit(0 if is_sound else 1)


if __name__ == "__main__":
    main()
