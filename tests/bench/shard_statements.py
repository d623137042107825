"""Which statements of which verb would stay on one shard, were circulation spread by agency?

    python -m tests.bench.shard_statements [VERB]

Runs each verb on a real database (PostgreSQL where TIRO_TEST_POSTGRESQL is set: there locks are
statements too), records what it sends, and reads off the expressions of the statements what they
touch (`tests.bench.shards`). With VERB, or a part of it, each of its statements is shown.
"""

from __future__ import annotations

import os
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, cast

from sqlalchemy.sql import ClauseElement

from catalogue.database import Database, Transaction, Work, migrate, open_database
from catalogue.database.compiling import Compiled
from catalogue.query import And, Term
from catalogue.records import fetch_records
from catalogue.searching.evaluation import search
from circulation.jobs.running import run_job
from protocols.sip2.settings import Sip2Settings
from tests.bench.recombined import real_records, recombined, sample_path
from tests.bench.shards import KINDS, Reading, read, tables_without_a_place
from tests.builders.catalogue import add_records
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.dunning import notices_by
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account

DATE = "20261125    120000"
FIRST, RECORDS = 10_001, 300


class Recorded:
    """A database whose statements are noted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sent: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def read(self, work: Work[Any], **lane: bool) -> Any:
        return self._database.read(lambda t: work(self._noting(t)), **lane)

    def write(self, work: Work[Any], **lane: bool) -> Any:
        return self._database.write(lambda t: work(self._noting(t)), **lane)

    def _noting(self, transaction: Transaction) -> Transaction:
        def execute(text: str, values: Any) -> Any:
            self.sent.append(text)
            return transaction.execute(text, values)

        def execute_many(text: str, rows: Any) -> Any:
            self.sent.append(text)
            return transaction.execute_many(text, rows)

        noting = Transaction(transaction.dialect, execute, execute_many)
        noting.memory = transaction.memory
        return noting


@contextmanager
def expressions() -> Iterator[dict[str, ClauseElement]]:
    """What statements were compiled from, by their text; they are compiled at their first use."""
    found: dict[str, ClauseElement] = {}
    form = cast(Any, Compiled)
    before = form.__init__

    def keep(self: Any, expression: ClauseElement, *arguments: Any, **named: Any) -> None:
        before(self, expression, *arguments, **named)
        found[self.text] = expression

    form.__init__ = keep
    try:
        yield found
    finally:
        form.__init__ = before


@contextmanager
def a_database() -> Iterator[Database]:
    """An empty one, gone afterwards."""
    server = os.environ.get("TIRO_TEST_POSTGRESQL")
    if server is None:
        with tempfile.TemporaryDirectory(prefix="tiro-shards-") as folder:
            url = f"sqlite:///{Path(folder) / 'tiro.sqlite'}"
            migrate(url)
            yield open_database(url)
        return
    import psycopg

    name = f"tiro_shards_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            url = f"{server.rpartition('/')[0]}/{name}"
            migrate(url)
            database = open_database(url)
            yield database
            database.close()
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class Verbs:
    """Verbs on things of their own, each as often as wanted."""

    def __init__(self, library: Library) -> None:
        self.library = library
        settings = Sip2Settings(accounts=(an_account(),))
        self.terminal = Terminal(library, settings)
        assert self.terminal.ask(LOGIN) == b"941\r"
        self._numbers = count(1)

    def all(self) -> dict[str, Callable[[], Callable[[], object]]]:
        """By name: what is made ready, and gives what is recorded."""
        return {
            "check out": self.check_out,
            "check in": self.check_in,
            "check in for a hold": self.check_in_for_a_hold,
            "renew": self.renew,
            "place a hold": self.place_a_hold,
            "patron information": self.patron_information,
            "item information": self.item_information,
            "job `notices`": lambda: self.job("notices"),
            "search, 2 words": self.search,
            "fetch 10 records": self.fetch,
        }

    def ask(self, message: str, begins: bytes) -> Callable[[], object]:
        def work() -> None:
            answer = self.terminal.ask(message.encode())
            assert answer.startswith(begins), answer

        return work

    def patron(self) -> str:
        return a_patron(self.library, email="ida@example.org")

    def check_out(self) -> Callable[[], object]:
        patron, item = self.patron(), an_item(self.library)
        return self.ask(f"11NN{DATE}{DATE}AO|AA{patron}|AB{item}|AC|", b"121")

    def check_in(self) -> Callable[[], object]:
        item = an_item(self.library, on_loan_to=self.patron())
        return self.ask(f"09N{DATE}{DATE}AP|AO|AB{item}|AC|", b"101")

    def check_in_for_a_hold(self) -> Callable[[], object]:
        item = an_item(self.library, on_loan_to=self.patron())
        self.ask(f"15+{DATE}AO|AA{self.patron()}|AB{item}|", b"161")()
        return self.ask(f"09N{DATE}{DATE}AP|AO|AB{item}|AC|", b"101")

    def renew(self) -> Callable[[], object]:
        patron = self.patron()
        item = an_item(self.library, on_loan_to=patron)
        self.library.pass_time(days=1)
        return self.ask(f"29NN{DATE}{DATE}AO|AA{patron}|AB{item}|", b"301")

    def place_a_hold(self) -> Callable[[], object]:
        patron = self.patron()
        item = an_item(self.library, on_loan_to=self.patron())
        return self.ask(f"15+{DATE}AO|AA{patron}|AB{item}|", b"161")

    def patron_information(self) -> Callable[[], object]:
        patron = self.patron()
        an_item(self.library, on_loan_to=patron)
        return self.ask(f"63001{DATE}  Y       AO|AA{patron}|", b"64")

    def item_information(self) -> Callable[[], object]:
        item = an_item(self.library, on_loan_to=self.patron())
        return self.ask(f"17{DATE}AO|AB{item}|", b"18")

    def job(self, name: str) -> Callable[[], object]:
        self.check_in_for_a_hold()()  # somebody is to be told
        library, day = self.library, self.library.today
        circulation, database, now = library.circulation, library.database, library.now
        return lambda: run_job(circulation, database, name, day=day, now=now)

    def stock(self) -> None:
        """Once, and last: PostgreSQL does not count ids that it is given."""
        if not self.library.read(lambda t: fetch_records(t, [FIRST])):
            real = real_records(sample_path())
            records = list(recombined(real, RECORDS))
            self.library.write(lambda t: add_records(t, records, first_id=FIRST))

    def search(self) -> Callable[[], object]:
        self.stock()
        query = And(Term("any", "history"), Term("any", "new"))
        return lambda: self.library.read(lambda t: search(t, query))

    def fetch(self) -> Callable[[], object]:
        return lambda: self.library.read(lambda t: fetch_records(t, list(range(FIRST, FIRST + 10))))


def record_all() -> dict[str, list[Reading]]:
    """By verb, what it sends the second time, when rules and other set-up are in memory."""
    with expressions() as known, a_database() as database:
        library = a_library(database, holdable=True)
        notices_by(library, "email")
        recorded = Recorded(database)
        library.database = cast(Database, recorded)
        found: dict[str, list[Reading]] = {}
        verbs = Verbs(library)
        for name, ready in verbs.all().items():
            ready()()
            work = ready()
            recorded.sent.clear()
            work()
            # How often a job does the same depends on what there is to do.
            sent = set(recorded.sent) if name.startswith("job") else recorded.sent
            found[name] = [read(known[text], text) for text in sent]
        verbs.terminal.close()
        return found


def main(shown: str | None = None) -> None:
    assert not tables_without_a_place()
    print(f"| verb | statements | {' | '.join(KINDS.values())} | by a number |")
    print(f"|---|{'---:|' * (len(KINDS) + 2)}")
    for name, readings in record_all().items():
        counts = Counter(reading.kind for reading in readings)
        numbers = [len(readings), *(counts[kind] for kind in KINDS)]
        numbers.append(sum(reading.through_directory for reading in readings))
        print(f"| {name} | {' | '.join(map(str, numbers))} |")
        if shown is not None and shown in name:
            for reading in readings:
                print(f"    {reading}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
