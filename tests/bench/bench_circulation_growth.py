"""Does lending take longer in a larger library? 10,000 items against 1,000,000.

    python -m tests.bench.bench_circulation_growth [SMALL [LARGE]]

Patrons are a fifth of the items, one item in ten is on loan, and every pair of check-out and
check-in, durable, is of an item and a patron drawn from all. The large database takes some 500 MB
and is deleted in the end. The rows are made by the database itself, in seconds.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from catalogue.database import Database, Transaction, migrate, open_database
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedIn, CheckedOut
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from tests.bench.filling import cyclic, fill
from tests.builders.circulation import Library, a_library

PAIRS = 300
ROUNDS = 4


def fill_library(library: Library, items: int) -> None:
    """So many items, a title for every fifth, and a patron."""
    people = items // 5
    main = library.main
    words = {
        "record": cyclic("i", people),
        "branch": main.id,
        "agency": main.agency_id,
        "borrower": cyclic("i", people),
        "lender": main.id,
    }
    counts = {
        "records": people,
        "items": items,
        "patrons": people,
        "patron_identifiers": people,
        "loans": items // 10,
    }

    def work(transaction: Transaction) -> None:
        for table, count in counts.items():
            fill(transaction, table, range(1, count + 1), words)
        transaction.execute("ANALYZE", ())

    library.write(work)


def pairs(library: Library, items: int) -> tuple[float, float]:
    """Microseconds of wall (median) and of CPU (mean) for a pair of random item and patron."""
    circulation, desk, now = library.circulation, library.desk(), library.now
    rng, spent = random.Random(items), []
    cpu = time.process_time()
    for _ in range(PAIRS):
        item = f"I{rng.randrange(items // 10) * 10 + 1 + rng.randrange(9)}"
        patron = f"P{1 + rng.randrange(items // 5)}"

        def take(transaction: Transaction, item: str = item, patron: str = patron) -> object:
            return check_out(
                Act(transaction, circulation, desk, now), LoanWish(patron=patron, item=item)
            )

        def give_back(transaction: Transaction, item: str = item) -> object:
            return check_in(Act(transaction, circulation, desk, now), item=item)

        begin = time.perf_counter()
        lent = library.database.write(take).result()
        back = library.database.write(give_back).result()
        spent.append(time.perf_counter() - begin)
        assert isinstance(lent, CheckedOut), lent
        assert isinstance(back, CheckedIn), back
    return median(spent) * 1e6, (time.process_time() - cpu) / PAIRS * 1e6


@contextmanager
def databases(kind: str) -> Iterator[tuple[Database, Database]]:
    """Two empty databases, gone afterwards."""
    if kind == "SQLite":
        with tempfile.TemporaryDirectory(prefix="tiro-growth-") as folder:
            urls = [f"sqlite:///{Path(folder) / name}.sqlite" for name in ("small", "large")]
            with _opened(*urls) as opened:
                yield opened
        return
    import psycopg

    server = os.environ["TIRO_TEST_POSTGRESQL"]
    names = [f"tiro_growth_{os.getpid()}_{size}" for size in ("small", "large")]
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            for name in names:
                connection.execute(f'CREATE DATABASE "{name}"')
            with _opened(*(f"{server.rpartition('/')[0]}/{name}" for name in names)) as opened:
                yield opened
        finally:
            for name in names:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _opened(*urls: str) -> Iterator[tuple[Database, Database]]:
    for url in urls:
        migrate(url)
    small, large = map(open_database, urls)
    try:
        yield small, large
    finally:
        small.close()
        large.close()


def measure(kind: str, sizes: tuple[int, int]) -> None:
    with databases(kind) as opened:
        libraries = []
        for size, database in zip(sizes, opened, strict=True):
            begin = time.perf_counter()
            library = a_library(database, max_loans=100)
            fill_library(library, size)
            libraries.append(library)
            print(f"{kind:10} {size:9,} items made in {time.perf_counter() - begin:.0f} s")
        # In turn, so that what else the machine does falls on both alike; the best of each counts.
        found: list[list[tuple[float, float]]] = [[], []]
        for _ in range(ROUNDS):
            for which, library in enumerate(libraries):
                found[which].append(pairs(library, sizes[which]))
    (wall, cpu), (wall_large, cpu_large) = (
        tuple(map(min, zip(*each, strict=True))) for each in found
    )
    print(
        f"{kind:10} a pair {wall:.0f} us, {cpu:.0f} us CPU with {sizes[0]:,} items;"
        f" {wall_large:.0f} us, {cpu_large:.0f} us CPU with {sizes[1]:,}:"
        f" {wall_large / wall:.2f}x, CPU {cpu_large / cpu:.2f}x"
    )


def main(small: int = 10_000, large: int = 1_000_000) -> None:
    measure("SQLite", (small, large))
    if os.environ.get("TIRO_TEST_POSTGRESQL"):
        measure("PostgreSQL", (small, large))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
