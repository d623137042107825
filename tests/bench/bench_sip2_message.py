"""SIP2: what each message costs the process, from the bytes that come to the bytes that go.

No socket and no reactor, so that the figures hardly depend on what else the machine does: each is
the CPU of all threads for a message of `TERMINALS` at once, commits included, the median of the
quickest half of many rounds. Besides, without any clock: the calls of functions and the statements
of a message. It runs on a file of SQLite and, where TIRO_TEST_POSTGRESQL names a server, there too.
"""

from __future__ import annotations

import gc
import os
import queue
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, repeat
from types import FrameType
from typing import Any

from catalogue.database import open_database
from catalogue.database.pipelines import Pipeline
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Lane, Services
from protocols.hosting.throttle import FailedLogins
from protocols.sip2.handlers import answer
from protocols.sip2.outcomes import outcome_of
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.terminals.places import Branches
from tests.bench.sip2_load import cycle, furnish
from tests.protocols.sip2.terminals import LOGIN, an_account

TERMINALS, WARMING, ROUNDS = 16, 5, 150
NAMES = ("23 patron status", "63 patron info", "17 item info", "11 checkout", "09 checkin")


class Process:
    """What a server is without its sockets: `TERMINALS` sessions that share everything else."""

    def __init__(self, url: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self.database = open_database(url)
        self.services = Services(
            self.database,
            Circulation(),
            clock=lambda: datetime.now(UTC),
            call_from_thread=self._calls.put,
            call_later=lambda _, release: self._calls.put(release),
        )
        settings = Sip2Settings(accounts=(an_account(),))
        accounts, branches = Accounts(settings), Branches()
        failed = FailedLogins(settings.login_failures)
        meter = self.services.measures.meter("sip2")
        self.services.perform(Lane.READ, accounts.follow, lambda _, error: None)
        self.sessions = []
        for number in range(TERMINALS):
            peer = f"192.0.2.7:{50000 + number}"
            entrance = Entrance(settings, accounts, peer, failed)
            session = Sip2Session(settings, time.monotonic(), self.services.clock, entrance)

            def answer_it(
                request: Any, reply: Callable[[Any], None], session: Sip2Session = session
            ) -> None:
                answer(self.services, branches, session, request, reply)

            self.sessions.append((session, meter.traced(outcome_of, answer_it)))

    def ask(self, messages: list[bytes]) -> list[bytes]:
        """One message of each terminal, all at once; their answers."""
        missing = 0
        for (session, answer_it), message in zip(self.sessions, messages, strict=True):
            session.receive_data(message, time.monotonic())
            request = session.next_request()
            assert request is not None
            missing += 1

            def reply(response: Any, session: Sip2Session = session) -> None:
                nonlocal missing
                missing -= 1
                session.send(response, time.monotonic())

            answer_it(request, reply)
        while missing:
            self._calls.get(timeout=20)()
        return [session.take_outgoing() for session, _ in self.sessions]

    def close(self) -> None:
        self.database.close()
        while not self._calls.empty():
            self._calls.get()()
        self.services.close()


def rounds_of(number: int) -> Iterator[list[list[bytes]]]:
    """So many times the cycle of all terminals: for each message, that of each of them."""
    by_message = [list(of_all) for of_all in zip(*map(cycle, range(TERMINALS)), strict=True)]
    return repeat(by_message, number)


def measure(url: str) -> None:
    process = begun(url)
    costs: list[list[float]] = [[] for _ in NAMES]
    for messages in chain(rounds_of(WARMING), rounds_of(ROUNDS)):
        for cost, message in zip(costs, messages, strict=True):
            before = time.process_time()
            process.ask(message)
            cost.append((time.process_time() - before) / TERMINALS * 1e6)
    process.close()
    middles = []
    for name, cost, counts in zip(NAMES, costs, counted(url), strict=True):
        quick = sorted(cost[WARMING:])[: ROUNDS // 2]
        middles.append(statistics.median(quick))
        shown = "  ".join(f"{number:5.1f} {what}" for what, number in counts.items())
        print(f"{name:18} {middles[-1]:6.0f} us  {shown}", flush=True)
    print(f"{'the cycle':18} {statistics.mean(middles):6.0f} us", flush=True)


def begun(url: str) -> Process:
    """A process whose terminals are logged in."""
    process = Process(url)
    process.ask([LOGIN + b"\r"] * TERMINALS)
    gc.collect()  # as the server does when it has begun
    gc.freeze()
    gc.set_threshold(10_000, 100, 20)
    return process


def counted(url: str) -> list[dict[str, float]]:
    """What is called for each message, in all threads: the same whatever the machine does."""
    counts: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            counts["Python calls"] += 1
            counts["statements"] += frame.f_code is Pipeline.execute.__code__
        elif event == "c_call":
            counts["C calls"] += 1
            counts["statements"] += argument.__name__ == "execute"  # SQLite's own

    threading.setprofile(note)  # of the threads that are to come
    sys.setprofile(note)
    try:
        process = begun(url)
        found: list[dict[str, float]] = []
        for messages in rounds_of(2):
            found = []
            for message in messages:
                counts.clear()
                process.ask(message)
                found.append({name: number / TERMINALS for name, number in counts.items()})
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    process.close()
    return found


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The URLs of databases with the same library, by the name of what they are."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/tiro.sqlite"}
        address, name = os.environ.get("TIRO_TEST_POSTGRESQL"), f"tiro_bench_{os.getpid()}"
        if address is not None:
            urls["PostgreSQL"] = address.rpartition("/")[0] + f"/{name}"
            on_server(address, f"create database {name}")
        try:
            for url in urls.values():
                furnish(url, TERMINALS)
            yield urls
        finally:
            if address is not None:
                on_server(address, f"drop database {name} with (force)")


def on_server(address: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


def main() -> None:
    with databases() as urls:
        for database, url in urls.items():
            print(database)
            measure(url)


if __name__ == "__main__":
    main()
