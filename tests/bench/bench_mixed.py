"""Thirty minutes of lending and searching: is the last as the second was?

    python -m tests.bench.bench_mixed [MINUTES]

Eight machines check out and check in without pause, six connections search, present and scan
without pause. A demo answers them all that holds the real records of the sample data besides its
own; messages, statistics and metrics are on. For each minute it tells what a machine waited, what
a searcher waited, and how large the server and the log before its database are.
"""

from __future__ import annotations

import multiprocessing
import random
import select
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

from catalogue.database import open_database
from tests.bench.bench_sustained import ROOT, Piece, Server, a_demo, load
from tests.bench.bench_z3950 import Client
from tests.bench.recombined import sample_path
from tests.bench.z3950_operations import Operation, drawn

MINUTES: Final = 30
MACHINES, SEARCHERS = 8, 6
#: What a machine waits at most, 99 times of 100, in any minute but the first; milliseconds.
WANTED_P99: Final = 25.0
#: What the last five minutes may be of the five that follow the first.
LEVEL: Final = 1.1
SPAN: Final = 5


class Minute(NamedTuple):
    """Milliseconds but for the rates, which are of a second, and the sizes, MiB."""

    writes: float
    p50: float
    p99: float
    longest: float
    searches: float
    search_p50: float
    search_p99: float
    server: float
    log: float


def _search(port: int, operations: list[Operation], pipe: Connection) -> None:
    """Asks until the pipe is closed; tells the seconds of each operation when it is asked."""
    clients = [Client(port) for _ in range(SEARCHERS)]
    by_number = {client.socket.fileno(): client for client in clients}
    poll = select.epoll()
    turn, times = 0, list[float]()

    def begin(client: Client) -> None:
        nonlocal turn
        client.requests, client.next = operations[turn % len(operations)], 0
        client.began = time.perf_counter()
        turn += 1
        client.ask()

    for client in clients:
        poll.register(client.socket.fileno(), select.EPOLLIN)
        begin(client)
    poll.register(pipe.fileno(), select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == pipe.fileno():
                try:
                    pipe.recv()
                except EOFError:
                    return
                pipe.send(times)
                times = []
            elif (client := by_number[number]).receive():
                client.next += 1
                if client.next < len(client.requests):
                    client.ask()
                else:
                    times.append(time.perf_counter() - client.began)
                    begin(client)


@contextmanager
def _searching(server: Server, folder: Path) -> Iterator[Connection]:
    (path,) = folder.rglob("*.sqlite")
    with closing(open_database(f"sqlite:///{path}")) as database:
        operations = [each for kind in drawn(database).values() for each in kind]
    random.Random(20261201).shuffle(operations)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_search, args=(server.z3950, operations, there))
    process.start()
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.join()


def _percentile(times: list[float], percent: int) -> float:
    """Milliseconds."""
    return sorted(times)[min(len(times) * percent // 100, len(times) - 1)] * 1e3


def _memory(process: int) -> float:
    """MiB that the server has in use now."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return next(
        int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")
    )


def measure(folder: Path, minutes: int) -> list[Minute]:
    found: list[Minute] = []
    with a_demo(ROOT, folder, "--marc", str(sample_path())) as server:
        load(server, 5.0, machines=MACHINES)  # PINs are known then
        with _searching(server, folder) as searchers:

            def tell(piece: Piece) -> None:
                searchers.send("what did it take?")
                searched: Any = searchers.recv()
                minute = Minute(
                    len(piece.times) / piece.seconds,
                    *(piece.percentile(percent) for percent in (50, 99, 100)),
                    len(searched) / piece.seconds,
                    *(_percentile(searched, percent) for percent in (50, 99)),
                    _memory(server.process.pid),
                    sum(each.stat().st_size for each in folder.rglob("*-wal")) / 2**20,
                )
                found.append(minute)
                print(f"{len(found):4}", *(f"{each:10,.2f}" for each in minute), sep="", flush=True)

            print("minute", *Minute._fields)
            _, refused = load(server, minutes * 60.0, minutes, MACHINES, tell)
        print(f"{refused} refused")
    told = [line for line in server.log.read_text().splitlines() if line.startswith("turns ")]
    print(*told, sep="\n")
    return found


def main(minutes: int = MINUTES) -> None:
    with tempfile.TemporaryDirectory(prefix="tiro-bench-") as name:
        found = measure(Path(name), minutes)[1:]
    worst = max(minute.p99 for minute in found)
    print(f"p99 {worst:.1f} ms at most {'' if worst <= WANTED_P99 else 'TOO LONG'}")
    for name in ("p50", "p99", "server", "log"):
        values = [float(getattr(minute, name)) for minute in found]
        ratio = max(sum(values[-SPAN:]), 1e-9) / max(sum(values[:SPAN]), 1e-9)
        print(f"{name}: the last to the first {ratio:.2f} {'' if ratio <= LEVEL else 'GROWS'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else MINUTES)
