"""Holdings told to a web hook: changes of items without pause, while the hook has bad days.

`python -m tests.bench holdings` makes a library of 5,000 records with four items each, and has
items seen by check-ins and lent by check-outs, TIRO_BENCH_HOLDINGS of them (1,000,000 by default),
on SQLite and, where TIRO_TEST_POSTGRESQL names one, on PostgreSQL. Meanwhile the hook is down,
slow, or breaks off when it has kept what it was told, and the sender is ended and begun anew. In
the end it must have what there is. What is printed: changes a second, records told, the most
memory, and rows left over.
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from catalogue.database import Database, Transaction, migrate, open_database
from circulation.holdings.following import gather
from circulation.holdings.progress import due_sinks
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from protocols.holdings.sending import Sender
from protocols.holdings.webhook import WebhookSettings, WebhookSink
from tests.bench.bench_oai import _databases
from tests.builders.circulation import Library, a_library, a_patron
from tests.protocols.holdings.stage import NAME, Stage
from tests.protocols.holdings.well import Hook, running

CHANGES = int(os.environ.get("TIRO_BENCH_HOLDINGS", "1000000"))
RECORDS, ITEMS = min(5_000, max(50, CHANGES // 200)), 4
#: Changes of one transaction, as a desk that works through a van would make them.
TOGETHER = 50


def main() -> None:
    with tempfile.TemporaryDirectory() as name, _databases(Path(name)) as urls:
        for url in urls:
            migrate(url)
            with running(Hook()) as hook:
                assert isinstance(hook, Hook)
                _measure(url, hook)


def _measure(url: str, hook: Hook) -> None:
    database = open_database(url)
    sink = WebhookSink(
        NAME, WebhookSettings(f"http://127.0.0.1:{hook.port}/", "x" * 16, timeout=5), None
    )
    stage = Stage(a_library(database), {NAME: sink})
    library = stage.library
    library.now = datetime.now(UTC)
    barcodes = [f"I{number}" for number in range(RECORDS * ITEMS)]
    for at in range(0, len(barcodes), ITEMS):
        stage.add(*barcodes[at : at + ITEMS])
    cards = [a_patron(library) for _ in range(50)]
    stage.tell()
    is_over = threading.Event()
    telling = threading.Thread(target=_tell, args=(database, library, sink, is_over))
    spoiling = threading.Thread(target=_spoil, args=(hook, is_over))
    began = time.perf_counter()
    telling.start()
    spoiling.start()
    _change(library, barcodes, cards)
    seconds = time.perf_counter() - began
    is_over.set()
    spoiling.join()
    telling.join()
    hook.is_down = hook.breaks_off = False
    hook.seconds = 0.0
    library.pass_time(hours=1)
    stage.tell()
    assert hook.held() == stage.wanted(), "what it has is not what there is"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    left = _count(database, "outbox WHERE follower = 'holdings'"), _count(database, "change_notes")
    print(
        f"{url.partition(':')[0]:<12} {CHANGES} changes, {CHANGES / seconds:.0f}/s; "
        f"{stage.row().told} records told in {hook.requests} calls; the same in the end; "
        f"{memory:.0f} MiB at most; {left} rows of outbox and notes left",
        flush=True,
    )
    database.close()


def _change(library: Library, barcodes: list[str], cards: list[str]) -> None:
    chance = random.Random(20261130)
    out: set[str] = set()

    def work(transaction: Transaction) -> None:
        act = library.act(transaction)
        for barcode in chance.sample(barcodes, TOGETHER):
            if barcode in out or chance.random() < 0.3:
                check_in(act, item=barcode)
                out.discard(barcode)
            else:
                check_out(act, LoanWish(patron=chance.choice(cards), item=barcode))
                out.add(barcode)

    for _ in range(0, CHANGES, TOGETHER):
        library.now = datetime.now(UTC)
        library.write(work)


def _tell(database: Database, library: Library, sink: WebhookSink, over: threading.Event) -> None:
    """What a server does, ended and begun anew every now and then."""

    def clock() -> datetime:
        return datetime.now(UTC)

    while not over.is_set():
        database.write(lambda transaction: gather(transaction, clock)).result()
        sender = Sender(database, library.circulation, {NAME: sink}, clock)
        ending = threading.Timer(1.0, setattr, (sender, "is_stopping", True))
        ending.start()
        if database.read(lambda transaction: due_sinks(transaction, clock())).result():
            sender.tell(NAME)
        ending.cancel()
        time.sleep(0.01)


def _spoil(hook: Hook, over: threading.Event) -> None:
    chance = random.Random(7)
    while not over.wait(0.5):
        day = chance.choice(["well", "down", "slow", "breaks off", "well"])
        hook.is_down, hook.breaks_off = day == "down", day == "breaks off"
        hook.seconds = 0.2 if day == "slow" else 0.0


def _count(database: Database, table: str) -> int:
    row = database.read(
        lambda transaction: transaction.execute(f"SELECT count(*) FROM {table}", ()).fetchone()
    ).result()
    return int(row[0])
