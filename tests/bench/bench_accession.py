"""One-scan accession: what a scan costs, from the number to the item that is ready to lend.

    python -m tests.bench accession

On SQLite, and on PostgreSQL where TIRO_TEST_POSTGRESQL names one: an own title; a title that a
second Tiro has, over Z39.50 and over SRU, each with a record that the catalogue does not have yet.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogue.changes.accession import add_record
from catalogue.database import Database, Transaction, migrate, open_database
from catalogue.searching.standard_numbers import readings
from circulation.accession.adding import Accessioned, NotAccessioned, accession
from circulation.accession.barcode_ranges import BarcodeRange, store_range
from protocols.records.accession_settings import AccessionSettings, TargetSettings
from protocols.records.record_sources import Targets
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library
from tests.servers import RunningServer, start_serving

TITLES = 150
FIRST = 978_000_000_000


def isbn(number: int) -> str:
    twelve = str(FIRST + number)
    check = -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve)) % 10
    return f"{twelve}{check}"


def titles(first: int) -> list[bytes]:
    return [
        a_record(
            f"The {number}th voyage round the world",
            f"Author, {number}",
            isbn(number),
            subjects=("Voyages", "Ships", f"Port {number}"),
        )
        for number in range(first, first + TITLES)
    ]


@contextmanager
def urls(folder: Path) -> Iterator[dict[str, str]]:
    found = {"SQLite": f"sqlite:///{folder / 'desk.sqlite'}"}
    server = os.environ.get("TIRO_TEST_POSTGRESQL")
    if not server:
        yield found
        return
    import psycopg

    name = f"tiro_bench_{uuid.uuid4().hex[:12]}"
    base = server.rpartition("/")[0]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        yield found | {"PostgreSQL": f"{base}/{name}"}
        connection.execute(f'DROP DATABASE "{name}"')  # type: ignore[arg-type]


@contextmanager
def another_library(folder: Path) -> Iterator[RunningServer]:
    """A Tiro that has the titles which the desk does not have."""
    url = f"sqlite:///{folder / 'other.sqlite'}"
    migrate(url)
    database = open_database(url)
    library = a_library(database)
    for data in titles(TITLES) + titles(2 * TITLES):
        library.write(lambda transaction, data=data: add_record(transaction, data, now=library.now))
    database.close()
    server = start_serving(folder, url)
    try:
        yield server
    finally:
        server.stop()


def scan(library: Library, targets: Targets, number: str) -> None:
    """What the command does for one scan."""

    def attempt(fetched: object = None) -> Accessioned | NotAccessioned:
        return library.write(
            lambda transaction: accession(
                library.act(transaction),
                number=number,
                fetched=fetched,  # type: ignore[arg-type]
            )
        )

    answer = attempt()
    if isinstance(answer, NotAccessioned):
        answer = attempt(targets.fetch(readings(number)).fetched)
    assert isinstance(answer, Accessioned), answer


def timed(work: Callable[[str], None], first: int) -> str:
    spent = []
    for number in range(first, first + TITLES):
        begun = time.perf_counter()
        work(isbn(number))
        spent.append((time.perf_counter() - begun) * 1000)
    spent.sort()
    return f"median {statistics.median(spent):6.2f} ms, 95 % {spent[int(TITLES * 0.95)]:6.2f} ms"


def prepared(database: Database) -> Library:
    library = a_library(database)

    def work(transaction: Transaction) -> None:
        store_range(transaction, BarcodeRange("all", None, None, "A", 1, 99_999, 6, False, 1))

    library.write(work)
    for data in titles(0):
        library.write(lambda transaction, data=data: add_record(transaction, data, now=library.now))
    return library


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tiro-bench-") as name:
        folder = Path(name)
        with another_library(folder) as server, urls(folder) as found:
            over_z3950 = TargetSettings("z", "z3950", "127.0.0.1", server.z3950)
            over_sru = TargetSettings("s", "sru", url=f"http://127.0.0.1:{server.http}/sru/Default")
            for kind, url in found.items():
                migrate(url)
                database = open_database(url)
                library = prepared(database)
                for what, target, first in (
                    ("own title", over_z3950, 0),
                    ("fetched by Z39.50", over_z3950, TITLES),
                    ("fetched by SRU", over_sru, 2 * TITLES),
                ):
                    with Targets(AccessionSettings(targets=(target,))) as targets:
                        told = timed(lambda number: scan(library, targets, number), first)  # noqa: B023
                    print(f"{kind:12}{what:20}{told}", flush=True)
                database.close()


if __name__ == "__main__":
    main()
