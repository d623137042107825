"""How long it takes to move the oldest five of ten years out of a database, and what others notice.

    python -m tests.bench.bench_moving_out [LOANS]        (1,000,000 loans, two events for each)

`tests.bench.bench_years` does the same with its library of ten years, in which nobody else works.
Here another process lends meanwhile, without pause, and before.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

from catalogue.database import Database, Transaction, open_database
from catalogue.database.migrations.running import newest_revision
from circulation.archiving.moving_out.moving import OTHERS, Moving, move_out
from circulation.jobs.running import note_run
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import Branch
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


def lend(url: str, ends: Event, told: Connection) -> None:
    """Lends and takes back in a process of its own until the event is set, and tells how long each
    write took."""
    with closing(open_database(url)) as database:
        branches = [find_branch_of(database, isil) for isil in ("DK-900101", "DK-900102")]
        library = Library(database, *branches)
        took = []
        for number in cycle(range(1, 5_000)):
            for verb in (lambda item: library.check_out("P7", item), library.check_in):
                begun = time.perf_counter()
                verb(f"I{number * 10 + 1}")
                took.append(time.perf_counter() - begun)
            if ends.is_set():
                told.send(took)
                return


def find_branch_of(database: Database, isil: str) -> Branch:
    found = database.read(lambda transaction: find_branch(transaction, isil=isil)).result()
    assert found is not None
    return found


@contextmanager
def lending_beside(library: Library, what: str) -> Iterator[None]:
    """Another process lends meanwhile; how long that took is told at the end."""
    context = get_context("spawn")
    ends, (here, there) = context.Event(), context.Pipe()
    process = context.Process(target=lend, args=(library.database.url, ends, there))
    process.start()
    yield
    ends.set()
    took = here.recv()
    process.join()
    shares = [each * 1e3 for each in statistics.quantiles(took, n=100)]
    print(
        f"  a write beside, {what}: ms p50 {shares[49]:.1f}, p95 {shares[94]:.1f},"
        f" p99 {shares[98]:.1f} ({len(took):,})",
        flush=True,
    )


def measure(library: Library, rest: Callable[[float], object] = lambda seconds: None) -> None:
    count_all_days(library)
    turns: list[float] = []

    def note(seconds: float) -> None:
        turns.append(seconds / OTHERS)
        rest(seconds)

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
                note,
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
                with lending_beside(library, "before"):
                    time.sleep(10)
                with lending_beside(library, "meanwhile"):
                    measure(library, time.sleep)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
