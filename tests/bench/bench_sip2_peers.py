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

from tests.bench.sip2_load import furnish, load, peak_memory
from tests.bench.sip2_peer import peer
from tests.bench.table import Figures, Row, note
from tests.protocols.sip2.serving import Serving, serving

PEER = "pysip2"
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
        servers[PEER] = stack.enter_context(peer())
        if "TIRO_TEST_POSTGRESQL" in os.environ:
            servers["PostgreSQL"] = stack.enter_context(on_postgresql(folder))
        for connections in CONNECTIONS:
            compare(servers, connections)
        for name, server in servers.items():
            print(f"{name:10} {peak_memory(server):5.0f} MiB at the most")


def compare(servers: dict[str, Serving], connections: int) -> None:
    """Prints the medians of some rounds, and what they are of pysip2's."""
    runs: dict[str, list[Figures]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            run = load(server, connections, SECONDS)
            runs[name].append(run.figures(peak_memory(server)))
    middle = {
        name: Figures(
            *(
                statistics.median(getattr(figures, field) for figures in found)
                for field in ("cpu_us", "per_second", "p50_ms", "p99_ms", "memory_mib")
            )
        )
        for name, found in runs.items()
    }
    peer = (PEER, middle.pop(PEER))
    print(f"{connections:3} connections  {_shown(*peer)}", flush=True)
    for name, ours in middle.items():
        ratio = ours.per_second / peer[1].per_second
        print(
            f"{connections:3} connections  {_shown(name, ours)}  {ratio:.2f} of {PEER}", flush=True
        )
        note(Row(f"SIP2, 23 63 17 11 09, {name}", connections, ours, peer))


def _shown(name: str, figures: Figures) -> str:
    return (
        f"{name:10} {figures.per_second:9,.0f} messages/s {figures.cpu_us:7,.0f} us CPU"
        f" {figures.p50_ms:7,.2f} p50 ms {figures.p99_ms:7,.2f} p99 ms"
    )


if __name__ == "__main__":
    main()
