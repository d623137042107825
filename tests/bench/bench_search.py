"""What a search costs in the engine alone, on real records in SQLite.

    python -m tests.bench.bench_search [DATABASE-URL]

Without a URL, the real records of the sample data are loaded into a database of its own first. A
database that does not hold them gives figures, but other numbers of hits.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sized
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from catalogue.database import Database, Transaction, migrate, open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from catalogue.query import (
    And,
    Completeness,
    Or,
    Position,
    Query,
    Relation,
    Structure,
    Term,
    Truncation,
)
from catalogue.records import fetch_records
from catalogue.searching.evaluation import is_wide, search

ROUNDS = 5
SECONDS_PER_ROUND = 0.15

Operation = Callable[[Transaction], Sized]


def finding(query: Query) -> Operation:
    def work(transaction: Transaction) -> Sized:
        is_wide(query)
        return search(transaction, query)

    return work


def finding_and_fetching(query: Query, how_many: int) -> Operation:
    def work(transaction: Transaction) -> Sized:
        found = search(transaction, query)
        return fetch_records(transaction, list(islice(found, how_many)))

    return work


def _many_words() -> Query:
    query: Query = Term("title", "soil")
    for number in range(199):
        query = Or(query, Term("title", f"word{number}"))
    return query


OPERATIONS: dict[str, Operation] = {
    "title word": finding(Term("title", "soil")),
    "author AND title": finding(And(Term("author", "smith"), Term("title", "history"))),
    "three terms and a year": finding(
        And(And(Term("author", "smith"), Term("title", "history")), Term("year", "1999"))
    ),
    "ISBN + record": finding_and_fetching(Term("isbn", "90-04-06844-9"), 1),
    "broad": finding(Term("any", "university")),
    "broad + 10 records": finding_and_fetching(Term("any", "university"), 10),
    "10 records by id": lambda w: fetch_records(
        w, [9, 99, 999, 1999, 2999, 3999, 4999, 5, 55, 555]
    ),
    "two words of a title": finding(Term("title", "soil survey")),
    "phrase of two words": finding(Term("title", "soil survey", structure=Structure.PHRASE)),
    "phrase of three words": finding(Term("title", "history of the", structure=Structure.PHRASE)),
    "phrase anywhere": finding(Term("any", "soil survey", structure=Structure.PHRASE)),
    "whole title": finding(
        Term("title", "soil mechanics", completeness=Completeness.COMPLETE_FIELD)
    ),
    "first words of a title": finding(
        Term("title", "soil survey", position=Position.FIRST_IN_FIELD)
    ),
    "truncated, 4 letters": finding(Term("title", "hist", truncation=Truncation.RIGHT)),
    "truncated, 1 letter, any": finding(Term("any", "a", truncation=Truncation.RIGHT)),
    "masked": finding(Term("any", "hi*y", truncation=Truncation.MASKED)),
    "before 2000": finding(Term("year", "2000", relation=Relation.LESS)),
    "200 terms OR": finding(_many_words()),
}


def measure(operation: Operation, transaction: Transaction) -> tuple[float, int]:
    """The best mean of some rounds, in microseconds, and what was found."""
    size = len(operation(transaction))
    started = time.perf_counter()
    operation(transaction)
    times = max(3, int(SECONDS_PER_ROUND / (time.perf_counter() - started)))
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(times):
            operation(transaction)
        best = min(best, (time.perf_counter() - started) / times)
    return best * 1e6, size


def run(database: Database) -> None:
    for name, operation in OPERATIONS.items():
        microseconds, size = database.read(
            lambda transaction, operation=operation: measure(operation, transaction)  # type: ignore[misc]
        ).result()
        print(f"{name:26}{microseconds:12.1f} us{size:9} found", flush=True)


def main() -> None:
    if len(sys.argv) > 1 and "://" in sys.argv[1]:
        database = open_database(sys.argv[1])
        run(database)
        database.close()
        return
    shared = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[2].parent / "shared")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tiro.sqlite"
        migrate(url)
        database = open_database(url)
        started = time.perf_counter()
        load_files(database, [shared / "data/marc/real.mrc.xz"], LoadOptions(now=datetime.now(UTC)))
        print(f"loaded in {time.perf_counter() - started:.0f} s")
        run(database)
        database.close()


if __name__ == "__main__":
    main()
