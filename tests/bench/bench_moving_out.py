"""How long it takes to move the oldest five of ten years out of a database, and what others notice.

    python -m tests.bench.bench_moving_out [LOANS]        (1,000,000 loans, two events for each)

`tests.bench.bench_years` does the same with its library of ten years.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from catalogue.database import Transaction
from catalogue.database.migrations.running import newest_revision
from circulation.archiving.moving_out.moving import Moving, move_out
from circulation.jobs.running import note_run
from tests.bench.bench_circulation_growth import databases
from tests.builders.circulation import Library, a_library

BEFORE: Final = date(2021, 11, 25)
_DAYS: Final = 1_840


def count_all_days(library: Library) -> None:
    """Notes that the daily job has counted what is moved out."""

    def work(transaction: Transaction) -> None:
        for back in range(1, _DAYS):
            day = BEFORE - timedelta(back)
            note_run(transaction, "statistics", day=day, now=library.now, counts={})

    library.write(work)


def measure(library: Library) -> None:
    count_all_days(library)
    turns: list[float] = []
    at: dict[str, tuple[float, float]] = {}

    def tell(what: str, table: str, done: int, of: int | None) -> None:
        at[what] = time.perf_counter(), time.process_time()

    with tempfile.TemporaryDirectory(prefix="tiro-moved-") as place:
        folder = Path(place) / "old"
        begun = time.perf_counter(), time.process_time()
        move = move_out(
            Moving(
                library.database,
                library.circulation,
                folder,
                BEFORE,
                library.now,
                {newest_revision()},
                turns.append,
                tell,
            )
        )
        assert move is not None
        size = sum(each.stat().st_size for each in folder.iterdir())
    rows = move.events + move.loans
    print(
        f"{library.database.dialect}: {move.events:,} events and {move.loans:,} loans moved out;"
        f" the files have {size / 1e9:.2f} GB"
    )
    for what, before in (("written", begun), ("deleted", at["written"])):
        clock, cpu = (after - former for after, former in zip(at[what], before, strict=True))
        print(f"  {what}: {rows / clock:,.0f} rows a second, {cpu / rows * 1e6:.0f} us CPU each")
    shares = statistics.quantiles(turns, n=100)
    print(
        f"  {len(turns):,} turns of the writer with their commits: ms p50 {shares[49] * 1e3:.1f},"
        f" p99 {shares[98] * 1e3:.1f}, the longest {max(turns) * 1e3:.1f}",
        flush=True,
    )


def main(loans: int = 1_000_000) -> None:
    from tests.bench.bench_years import DAYS, a_town

    for kind in ("SQLite", "PostgreSQL"):
        if kind == "SQLite" or os.environ.get("TIRO_TEST_POSTGRESQL"):
            with databases(kind) as (database, _):
                library = a_library(database)
                a_town(library, loans, DAYS, 10)
                measure(library)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
