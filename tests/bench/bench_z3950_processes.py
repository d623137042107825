"""Searches a second with two processes, against Zebra with a thread for each connection.

    python -m tests.bench.bench_z3950_processes [FOLDER]

`tiro serve` with two processes on one SQLite file, of which one could lend besides, and
`zebrasrv -T` serve the same records as in `tests.bench.bench_z3950`, from which operations and
client come too; a FOLDER that it has kept serves for this as well. There are sixteen connections,
and the servers take turns. The client is one process of Python on the same cores: what it takes for
an operation is told with the rates, for no server can have it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

from catalogue.database import open_database
from tests.bench.bench_z3950 import (
    ROUNDS,
    Server,
    Turns,
    asked_first,
    load,
    median,
    real_records,
    started,
    tiro,
    zebra,
)
from tests.bench.table import Row, note
from tests.bench.z3950_operations import drawn

PROCESSES, CONNECTIONS, MOST = 2, 16, 2_000
KINDS: Final = (
    *("title word", "author AND title", "ISBN + 1 record"),
    *("broad + 10 records", "scan of 20 terms"),
)
#: Nothing but Z39.50 listens.
CONFIGURATION: Final = """
[database]
url = "sqlite:///tiro.sqlite"
[server]
processes = {processes}
[z3950]
port = {port}
[http]
enabled = false
[sip2]
enabled = false
[operations]
enabled = false
"""


@contextmanager
def several(folder: Path, records: Path) -> Iterator[Server]:
    """Tiro in several processes."""
    _, port = tiro(folder, records)
    path = folder / "tiro.toml"
    path.write_text(CONFIGURATION.format(processes=PROCESSES, port=port))
    command = [sys.executable, "-m", "protocols.commands.command_line", "--config", str(path)]
    with started("Tiro", port, *command, "serve", folder=folder) as server:
        yield server


@contextmanager
def threaded(folder: Path, records: Path) -> Iterator[Server]:
    """Zebra with a thread for each connection."""
    command, port = zebra(folder, records, "-T")
    with started("Zebra", port, *command, folder=folder) as server:
        yield server


def main(kept: str | None = None) -> None:
    with ExitStack() as stack:
        folder = Path(
            kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="tiro-bench-"))
        )
        servers = []
        for name, make in {"Tiro": several, "Zebra": threaded}.items():
            if name == "Zebra" and not shutil.which("zebrasrv"):
                print("zebrasrv is not installed (on Debian, apt-get install idzebra-2.0)")
                continue
            place = folder / name
            place.mkdir(parents=True, exist_ok=True)
            servers.append(stack.enter_context(make(place, real_records())))
        with closing(open_database(f"sqlite:///{folder / 'Tiro' / 'tiro.sqlite'}")) as database:
            operations = drawn(database)
        for name in KINDS:
            measure(name, servers, operations[name][:MOST])


def measure(name: str, servers: list[Server], operations: list[list[bytes]]) -> None:
    firsts = [asked_first(server, operations)[0] for server in servers]
    answered = [each for each, *good in zip(operations, *firsts, strict=True) if all(good)]
    turns = [Turns(answered) for _ in servers]
    runs = [[load(server, own, CONNECTIONS)] for server, own in zip(servers, turns, strict=True)]
    for results in runs:
        results.clear()  # not every process had seen the operations before
    for number in range(ROUNDS):
        order = list(zip(servers, turns, runs, strict=True))
        for server, own, results in order[:: 1 if number % 2 else -1]:
            results.append(load(server, own, CONNECTIONS))
    found = [median(results) for results in runs]
    client = [sorted(each.client for each in results)[len(results) // 2] for results in runs]
    cells = "".join(
        f"  {server.name} {each.per_second:,.0f} a second, {each.cpu_us:,.0f} us"
        f" and the client {own:,.0f}"
        for server, each, own in zip(servers, found, client, strict=True)
    )
    ratio = f"  {found[0].per_second / found[1].per_second:.2f} of its rate" if found[1:] else ""
    print(f"{name:20}{cells}{ratio}", flush=True)
    peer = (servers[1].name, found[1]) if found[1:] else None
    note(Row(f"Z39.50 from {PROCESSES} processes, {name}", CONNECTIONS, found[0], peer))


if __name__ == "__main__":
    main(*sys.argv[1:2])
