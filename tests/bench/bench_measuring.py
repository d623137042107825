"""What counting costs: a request that does nothing, with and without, and a scrape."""

from __future__ import annotations

import json
import queue
import tempfile
import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from prometheus_client import generate_latest

from catalogue.database import migrate, open_database
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Lane, Services
from protocols.hosting.peers import Told, Worker
from protocols.hosting.traces import OK
from protocols.operations.fleet import counts_of, fleet_registry
from protocols.operations.messages import Identity
from protocols.operations.metrics import Counted, registry_for
from protocols.sip2.outcomes import outcome_of

# Few at a time: where others want the processor too, a long round is never whole.
ROUNDS, REQUESTS = 400, 200
BATCHES, TOGETHER = 300, 50


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tiro.sqlite"
        migrate(url)
        database = open_database(url)
        calls: queue.SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]]]
        calls = queue.SimpleQueue()
        now = datetime.now(UTC)
        services = Services(
            database,
            Circulation(),
            lambda: now,
            lambda call, *arguments: calls.put((call, arguments)),
            lambda *_: None,
        )

        def answer(request: Lane, reply: Callable[[Any], None]) -> None:
            services.perform(request, lambda context: 1, lambda result, error: reply(result))

        traced = services.measures.meter("sip2").traced(outcome_of, answer)
        for name, way in (("through a lane", answer), ("and counted by a listener", traced)):

            def read(way: Callable[..., None] = way) -> None:
                way(Lane.READ, lambda response: None)

            def write(way: Callable[..., None] = way) -> float:
                replied: list[Any] = []
                began = time.process_time()
                for _ in range(TOGETHER):
                    way(Lane.WRITE, replied.append)
                while len(replied) < TOGETHER:
                    call, arguments = calls.get()
                    call(*arguments)
                return (time.process_time() - began) / TOGETHER

            reading = min(timeit.repeat(read, number=REQUESTS, repeat=ROUNDS)) / REQUESTS
            writing = min(write() for _ in range(BATCHES))
            print(f"a read {name}: {reading * 1e6:.2f} us; a write: {writing * 1e6:.2f} us")
        identity = Identity("1.0", 1, "abc")

        def scrape() -> None:
            generate_latest(registry_for(Counted(services, identity, None)))

        def tell() -> str:
            return json.dumps(counts_of(services, identity))

        for kinds in (2, 60):
            for number in range(kinds):
                meter = services.measures.meter("sip2")
                meter.end(meter.begin(f"Kind{number}"), OK)
            counts = json.loads(tell())
            told = Told(tuple(Worker(n, n, "ready", False, counts) for n in range(4)), {})

            def scrape_four(told: Told = told) -> None:
                generate_latest(fleet_registry(Counted(services, identity, None), told))

            for what, act in (
                ("a scrape", scrape),
                ("a scrape of four workers, by the one that is asked", scrape_four),
                ("and by each of the others", tell),
            ):
                seconds = min(timeit.repeat(act, number=1, repeat=50))
                print(f"{kinds} kinds: {what}, the database apart: {seconds * 1e3:.2f} ms")
            print(f"{kinds} kinds: a worker tells {len(tell()):,} octets")
        services.close()
        database.close()
