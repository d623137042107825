"""What a scan costs in the engine alone, on real records in SQLite.

    python -m tests.bench.bench_scan [DATABASE-URL]

Without a URL, the real records of the sample data are loaded into a database of its own first.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sized
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyroaring import BitMap

from catalogue.database import Database, Transaction, migrate, open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from catalogue.query import Structure, Term
from catalogue.searching.evaluation import search
from catalogue.searching.facets import facets
from catalogue.searching.scanning import scan
from catalogue.searching.sorting import SortKey, sort
from tests.bench.bench_search import Operation, measure
from tests.bench.recombined import sample_path

SOME = BitMap(range(0, 100_000, 7))
BY_TITLE = (SortKey("title"),)
BY_YEAR = (SortKey("year", descending=True), SortKey("title"))


def scanning(term: Term, **options: Any) -> Operation:
    def work(transaction: Transaction) -> Sized:
        return scan(transaction, term, **options).entries

    return work


def sorting(term: Term, keys: tuple[SortKey, ...]) -> Operation:
    kept: list[BitMap] = []

    def work(transaction: Transaction) -> Sized:
        if not kept:
            kept.append(search(transaction, term))
        return sort(transaction, kept[0], keys, limit=10)

    return work


def counting(term: Term, point: str) -> Operation:
    kept: list[BitMap] = []

    def work(transaction: Transaction) -> Sized:
        if not kept:
            kept.append(search(transaction, term))
        return facets(transaction, kept[0], point)

    return work


NARROW, BROAD = Term("title", "soil"), Term("any", "university")
OPERATIONS: dict[str, Operation] = {
    "20 title words": scanning(Term("title", "histor")),
    "20 title words, 10 before": scanning(Term("title", "histor"), before=10, after=10),
    "20 titles": scanning(Term("title", "histor", structure=Structure.PHRASE)),
    "20 of all words": scanning(Term("any", "univers")),
    "20 ISBNs": scanning(Term("isbn", "978")),
    "20 names (four indexes)": scanning(Term("name", "smith")),
    "20 title words of a branch": scanning(Term("title", "histor"), visible=SOME),
    "narrow by title": sorting(NARROW, BY_TITLE),
    "broad by title": sorting(BROAD, BY_TITLE),
    "broad by year and title": sorting(BROAD, BY_YEAR),
    "languages of narrow": counting(NARROW, "language"),
    "years of broad": counting(BROAD, "year"),
    "subjects of narrow": counting(NARROW, "subject"),
    "subjects of broad": counting(BROAD, "subject"),
    "authors of broad": counting(BROAD, "author"),
}


def run(database: Database) -> None:
    for name, operation in OPERATIONS.items():
        microseconds, size = database.read(
            lambda transaction, operation=operation: measure(operation, transaction)  # type: ignore[misc]
        ).result()
        print(f"{name:28}{microseconds:12.1f} us{size:6} given", flush=True)


def main() -> None:
    if len(sys.argv) > 1 and "://" in sys.argv[1]:
        database = open_database(sys.argv[1])
        run(database)
        database.close()
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tiro.sqlite"
        migrate(url)
        database = open_database(url)
        load_files(
            database,
            [sample_path()],
            LoadOptions(now=datetime.now(UTC), reject_folder=Path(folder)),
        )
        run(database)
        database.close()


if __name__ == "__main__":
    main()
