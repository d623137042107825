"""SIP2 side by side with pysip2 0.1.0 (see `sip2_peer`), one after the other in every round.

Theirs keeps everything in dicts; ours is a file of SQLite with durable commits, the library's rules
and PINs hashed with argon2id, and, where TIRO_TEST_POSTGRESQL names a server, PostgreSQL too.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.sip2_load import Load, furnish, load, peak_memory
from tests.bench.sip2_peer import peer
from tests.protocols.sip2.serving import Serving, serving

ROUNDS = 3
SECONDS = 2.0
CONNECTIONS = (1, 16, 64)


@contextmanager
def on_postgresql(folder: str) -> Iterator[Serving]:
    """Ours over a database of its own, which is dropped at the end."""
    import psycopg

    address = os.environ["TIRO_TEST_POSTGRESQL"]
    name = f"tiro_bench_{os.getpid()}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"create database {name}")
        try:
            url = address.rpartition("/")[0] + f"/{name}"
            furnish(url, max(CONNECTIONS))
            with serving(url, Path(folder) / "postgresql.log", level="warning") as server:
                yield server
        finally:
            connection.execute(f"drop database {name} with (force)")


def main() -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/tiro.sqlite"
        furnish(url, max(CONNECTIONS))
        log = Path(folder) / "sqlite.log"
        servers = {"SQLite": stack.enter_context(serving(url, log, level="warning"))}
        servers["pysip2"] = stack.enter_context(peer())
        if "TIRO_TEST_POSTGRESQL" in os.environ:
            servers["PostgreSQL"] = stack.enter_context(on_postgresql(folder))
        for connections in CONNECTIONS:
            compare(servers, connections)
        for name, server in servers.items():
            print(f"{name:10} {peak_memory(server):5.0f} MiB at the most")


def compare(servers: dict[str, Serving], connections: int) -> None:
    """Prints the medians of some rounds, and what they are of pysip2's."""
    runs: dict[str, list[Load]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            runs[name].append(load(server, connections, SECONDS))
    middle = {
        name: {
            "messages/s": statistics.median(run.per_second for run in of),
            "us CPU": statistics.median(run.cpu_us for run in of),
            "p50 ms": statistics.median(run.percentile(50) for run in of),
            "p99 ms": statistics.median(run.percentile(99) for run in of),
        }
        for name, of in runs.items()
    }
    for name, figures in middle.items():
        shown = "  ".join(f"{figure:9,.2f} {unit}" for unit, figure in figures.items())
        ratio = ""
        if name != "pysip2":
            ratio = f"  {figures['messages/s'] / middle['pysip2']['messages/s']:.2f} of pysip2"
        print(f"{connections:3} connections  {name:10} {shown}{ratio}", flush=True)


if __name__ == "__main__":
    main()
