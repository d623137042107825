"""Check-out and check-in through the engine alone, every answer durable."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from statistics import median

from catalogue.database import Database, Transaction, migrate, open_database
from circulation.accounts.status import patron_status
from circulation.items.availability import circulation_status
from circulation.kernel.act import Act
from circulation.kernel.results import UNATTENDED, CheckedIn, CheckedOut
from circulation.loans.batches import check_out_stack
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from tests.bench.table import Figures, Row, note
from tests.builders.circulation import Library, a_library, a_patron, an_item

SECONDS = 2.0
DESKS = 32


def pairs(library: Library, in_flight: int) -> tuple[int, float, float]:
    """Pairs done by so many desks at once; seconds of wall and of CPU."""
    circulation, desk, now = library.circulation, library.desk(), library.now
    write = library.database.write
    stop = threading.Event()
    done: deque[int] = deque()
    idle = threading.Semaphore(0)

    def run(card: str, barcode: str) -> None:
        """Goes on by callbacks, as the server does: no thread waits."""

        def take(transaction: Transaction) -> object:
            return check_out(
                Act(transaction, circulation, desk, now), LoanWish(patron=card, item=barcode)
            )

        def give_back(transaction: Transaction) -> object:
            return check_in(Act(transaction, circulation, desk, now), item=barcode)

        def taken(answer: Future[object]) -> None:
            assert isinstance(answer.result(), CheckedOut)
            write(give_back).add_done_callback(returned)

        def returned(answer: Future[object]) -> None:
            assert isinstance(answer.result(), CheckedIn)
            done.append(1)
            if stop.is_set():
                idle.release()
            else:
                write(take).add_done_callback(taken)

        write(take).add_done_callback(taken)

    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(in_flight):
        run(f"P{number:07}", f"I{number:07}")
    time.sleep(SECONDS)
    stop.set()
    for _ in range(in_flight):
        idle.acquire()
    return len(done), time.perf_counter() - wall, time.process_time() - cpu


def reads(library: Library, work: object) -> float:
    """Microseconds of CPU for one read in the calling thread."""
    rounds, cpu = 5_000, time.process_time()
    for _ in range(rounds):
        library.database.read(work).result()  # type: ignore[arg-type]
    return (time.process_time() - cpu) / rounds * 1e6


def with_many_loans(library: Library, name: str) -> None:
    """A durable check-out for a patron with nothing on loan and for one with 500 open loans."""
    circulation, desk, now = library.circulation, library.desk(), library.now
    cards = {0: a_patron(library, "P-none"), 500: a_patron(library, "P-many")}
    barcodes = [an_item(library, f"M{number:07}") for number in range(500)]
    library.write(
        lambda transaction: check_out_stack(
            Act(transaction, circulation, desk, now), patron=cards[500], barcodes=barcodes
        )
    )
    item = an_item(library, "M-measured")
    spent: dict[int, list[float]] = {loans: [] for loans in cards}

    def lend(transaction: Transaction, card: str) -> object:
        return check_out(Act(transaction, circulation, desk, now), LoanWish(patron=card, item=item))

    def give_back(transaction: Transaction) -> object:
        return check_in(Act(transaction, circulation, desk, now), item=item)

    for number in range(1_000):
        for loans, card in sorted(cards.items(), reverse=number % 2 == 0):
            begin = time.perf_counter()
            lent = library.database.write(lambda transaction, card=card: lend(transaction, card))
            assert isinstance(lent.result(), CheckedOut)
            spent[loans].append(time.perf_counter() - begin)
            library.database.write(give_back).result()
    # The median: other programs on the machine make single ones last a hundred times as long.
    none, many = (median(spent[loans]) * 1e6 for loans in (0, 500))
    print(
        f"{name:10} check-out with 0 open loans {none:.0f} us, with 500 {many:.0f} us:"
        f" {many / none:.2f}x"
    )


def measure(name: str, database: Database) -> None:
    library = a_library(database)
    for number in range(DESKS):
        a_patron(library, f"P{number:07}")
        an_item(library, f"I{number:07}")
    for in_flight in (1, DESKS):
        count, wall, cpu = pairs(library, in_flight)
        print(
            f"{name:10} {in_flight:3} in flight {count / wall:8.0f} pairs/s"
            f" {cpu / count * 1e6:7.0f} us CPU a pair"
        )
        figures = Figures(cpu / count * 1e6, count / wall)
        note(Row(f"Check-out and check-in in the engine, {name}", in_flight, figures))
    with_many_loans(library, name)
    status = reads(
        library,
        lambda transaction: patron_status(library.act(transaction, UNATTENDED), patron="P0000000"),
    )
    item = reads(
        library,
        lambda transaction: circulation_status(
            library.circulation, transaction, item="I0000000", now=library.now
        ),
    )
    print(f"{name:10} patron status {status:.0f} us, item status {item:.0f} us CPU")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'tiro.sqlite'}"
        migrate(url)
        database = open_database(url)
        measure("SQLite", database)
        database.close()
    server = os.environ.get("TIRO_TEST_POSTGRESQL")
    if server:
        import psycopg

        name = f"tiro_bench_{os.getpid()}"
        url = f"{server.rpartition('/')[0]}/{name}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            try:
                migrate(url)
                database = open_database(url)
                measure("PostgreSQL", database)
                database.close()
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    main()
