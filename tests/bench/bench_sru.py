"""SRU and look-ups over HTTP: what each costs, what a second process gains, and who waits for whom.

    python -m tests.bench.bench_sru [FOLDER]

Ten thousand real records are served by one process, and by two with one SQLite file. Thousands of
queries are drawn from the records by a seed, and asked one after the other over sixteen connections
that are kept; a client waits for each answer before it asks again. The servers take turns, and CPU
is that of all their processes. Then eight self-service machines lend without pause, alone and
beside those searches, which another process of this bench asks: what a message waits for is told.
With FOLDER, the library is kept there and used again.
"""

from __future__ import annotations

import io
import lzma
import multiprocessing
import random
import selectors
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from catalogue.database import Database, migrate, open_database
from catalogue.index.folding import fold_words
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from catalogue.records import fetch_records
from tests.bench.bench_z3950 import Server, real_records, started
from tests.bench.sip2_load import Load as Lending
from tests.bench.sip2_load import furnish
from tests.bench.sip2_load import load as lend
from tests.builders.pins import hashed
from tests.protocols.sip2.terminals import PASSWORD
from tests.servers import free_ports

RECORDS, MACHINES, CONNECTIONS, PROCESSES = 10_000, 8, 16, 2
ROUNDS, SECONDS, SEED, DRAWN = 5, 1.0, 20261201, 4_000
_SEARCH: Final = "/sru/catalogue?version=1.2&operation=searchRetrieve&query="
#: What is asked of a word of a title, and of the number of the record that has it.
OPERATIONS: Final = {
    "title word": _SEARCH + "dc.title%3D{word}&maximumRecords=0",
    "title word + 1 record": _SEARCH + "dc.title%3D{word}&maximumRecords=1",
    "title word + 10 records": _SEARCH + "dc.title%3D{word}&maximumRecords=10",
    "2.0, + 10 records": "/sru/catalogue?query=dc.title%3D{word}&maximumRecords=10",
    "scan of 20 terms": "/sru/catalogue?scanClause=dc.title%3D{word}&maximumTerms=20",
    "API, titles": "/api/v1/titles?q={word}",
    "API, title": "/api/v1/titles/{number}",
}
#: What is asked beside the machines that lend.
BESIDE: Final = "title word + 10 records"
CONFIGURATION: Final = """
[database]
url = "sqlite:///tiro.sqlite"
[server]
processes = {processes}
[http]
port = {http}
[z3950]
enabled = false
[ncip]
port = {ncip}
[operations]
enabled = false
[sip2]
port = {sip2}
[[sip2.accounts]]
login = "kiosk"
password = "{password}"
branch = "DK-900101"
[api]
requests_per_second = 1000000
burst = 1000000
"""


@dataclass
class Library:
    """A server, and the port of its machines."""

    server: Server
    sip2: int


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did: microseconds of CPU for an answer, answers a second, and milliseconds in
    which half and 99 of 100 of them came. `client`: what the client took for each, in the same."""

    cpu: float
    rate: float
    p50: float
    p99: float
    client: float


def load_records(folder: Path) -> str:
    """A database with the first real records; gives its URL."""
    url = f"sqlite:///{folder / 'tiro.sqlite'}"
    part = folder / "part.mrc"
    with lzma.open(real_records()) as packed, part.open("wb") as file:
        text = io.BufferedReader(packed).read(RECORDS * 3_000)
        file.write(b"\x1d".join(text.split(b"\x1d")[:RECORDS]) + b"\x1d")
    migrate(url)
    with closing(open_database(url)) as database:
        load_files(database, [part], LoadOptions(now=datetime.now(UTC), reject_folder=folder))
    return url


def furnished(folder: Path) -> None:
    """The same with the patrons and items of the machines."""
    furnish(load_records(folder), MACHINES)


def drawn(database: Database) -> list[tuple[str, int]]:
    """Words of titles, with the numbers of the records that they are taken from."""
    choose = random.Random(SEED)
    ids = sorted(choose.sample(range(1, RECORDS + 1), DRAWN))
    found = []
    for record in database.read(lambda t: fetch_records(t, ids), wide=True).result():
        words = [word for word in fold_words(record.title) if len(word) > 2 and word.isascii()]
        if words:
            found.append((choose.choice(words), record.id))
    choose.shuffle(found)
    return found


@contextmanager
def serving(folder: Path, processes: int) -> Iterator[Library]:
    http, ncip, sip2 = free_ports(3)
    path = folder / "tiro.toml"
    path.write_text(
        CONFIGURATION.format(
            processes=processes,
            http=http,
            ncip=ncip,
            sip2=sip2,
            password=hashed(PASSWORD),
        )
    )
    command = [sys.executable, "-m", "protocols.commands.command_line", "--config", str(path)]
    name = f"{processes} process{'es' if processes > 1 else ''}"
    with started(name, http, *command, "serve", folder=folder) as server:
        log = folder / f"{name}.log"
        end = time.monotonic() + 120.0
        while log.read_text().count("ready") < (processes if processes > 1 else 1):
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield Library(server, sip2)


def _length(waiting: bytearray) -> int:
    """The length of the answer at the beginning, 0 if it is not there yet."""
    head = waiting.find(b"\r\n\r\n")
    if head < 0:
        return 0
    at = waiting.lower().find(b"content-length:", 0, head)
    length = head + 4 + int(waiting[at + 15 : waiting.find(b"\r\n", at)])
    return length if len(waiting) >= length else 0


class Asking:
    """Requests, handed out one after the other over all connections and rounds."""

    def __init__(self, operation: str, of: Sequence[tuple[str, int]]) -> None:
        pattern = OPERATIONS[operation]
        self._requests = [
            f"GET {pattern.format(word=quote(word), number=number)} HTTP/1.1\r\n"
            "Host: localhost\r\n\r\n".encode()
            for word, number in of
        ]
        self._next = 0

    def take(self) -> bytes:
        self._next = (self._next + 1) % len(self._requests)
        return self._requests[self._next]


def ask(port: int, asking: Asking, seconds: float) -> tuple[list[float], float, float]:
    """Seconds that each answer took, in all, and of our own CPU."""
    times: list[float] = []
    clock = time.perf_counter
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            client = socket.create_connection(("127.0.0.1", port))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(client, selectors.EVENT_READ, [bytearray(), clock()])
            client.sendall(asking.take())
        begun, own = clock(), time.process_time()
        while (now := clock()) - begun < seconds:
            for key, _ in selector.select(1.0):
                client, (waiting, asked) = key.fileobj, key.data  # type: ignore[assignment]
                waiting.extend(client.recv(262_144))
                if length := _length(waiting):
                    assert waiting.startswith(b"HTTP/1.1 200 "), bytes(waiting[:300])
                    del waiting[:length]
                    now = clock()
                    times.append(now - asked)
                    key.data[1] = now
                    client.sendall(asking.take())
        own, elapsed = time.process_time() - own, clock() - begun
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return sorted(times), elapsed, own


def load(library: Library, asking: Asking) -> Load:
    server = library.server
    cpu = server.cpu_seconds()
    times, elapsed, own = ask(server.port, asking, SECONDS)
    cpu, count = server.cpu_seconds() - cpu, len(times)
    p50, p99 = times[count // 2] * 1e3, times[count * 99 // 100] * 1e3
    return Load(cpu / count * 1e6, count / elapsed, p50, p99, own / count * 1e6)


def measure(name: str, libraries: Sequence[Library], of: Sequence[tuple[str, int]]) -> None:
    askings = [Asking(name, of) for _ in libraries]
    runs: list[list[Load]] = [[] for _ in libraries]
    for number in range(ROUNDS + 1):
        order = list(zip(libraries, askings, runs, strict=True))
        for library, asking, results in order[:: 1 if number % 2 else -1]:
            results.append(load(library, asking))
    cells = []
    for library, results in zip(libraries, runs, strict=True):
        rate, cpu, client, p99 = (
            statistics.median(getattr(each, figure) for each in results[1:])
            for figure in ("rate", "cpu", "client", "p99")
        )
        cells.append(
            f"{library.server.name} {rate:7,.0f} a second, {cpu:6,.0f} us and the client"
            f" {client:,.0f}, p99 {p99:6.1f} ms"
        )
    ratios = [two.rate / one.rate for one, two in zip(*(each[1:] for each in runs), strict=True)]
    print(f"{name:24} {'   '.join(cells)}   {statistics.median(ratios):.2f}", flush=True)


def _search(port: int, of: Sequence[tuple[str, int]], answered: Any) -> None:
    """Searches until it is ended."""
    asking = Asking(BESIDE, of)
    while True:
        times, _, _ = ask(port, asking, 0.5)
        answered.value += len(times)


@contextmanager
def searching(library: Library, of: Sequence[tuple[str, int]]) -> Iterator[Any]:
    answered = multiprocessing.Value("q", 0)
    process = multiprocessing.Process(
        target=_search, args=(library.server.port, of, answered), daemon=True
    )
    process.start()
    try:
        yield answered
    finally:
        process.terminate()
        process.join()


def lending(library: Library) -> Lending:
    """Of the machines; the server is found by its port."""
    server: Any = Server(library.server.name, library.sip2, library.server.process)
    return lend(server, MACHINES, SECONDS)


def measure_beside(libraries: Sequence[Library], of: Sequence[tuple[str, int]]) -> None:
    for is_beside in (False, True):
        runs: Mapping[str, list[tuple[Lending, float]]] = {
            library.server.name: [] for library in libraries
        }
        for number in range(ROUNDS + 1):
            for library in libraries[:: 1 if number % 2 else -1]:
                with ExitStack() as stack:
                    searched = stack.enter_context(searching(library, of)) if is_beside else None
                    time.sleep(1.0 if is_beside else 0.0)
                    before = 0 if searched is None else searched.value
                    found = lending(library)
                    count = 0 if searched is None else searched.value - before
                runs[library.server.name].append((found, count / found.seconds))
        for name, results in runs.items():
            rate, p50, p99, searches = (
                statistics.median(each[1:])
                for each in zip(
                    *((f.per_second, f.percentile(50), f.percentile(99), s) for f, s in results),
                    strict=True,
                )
            )
            print(
                f"SIP2 {'beside searches' if is_beside else 'alone':16} {name:12} {rate:7,.0f}"
                f" messages a second, p50 {p50:6.2f} ms, p99 {p99:6.2f} ms"
                + (f", {searches:6,.0f} searches a second" if is_beside else ""),
                flush=True,
            )


def main(kept: str | None = None) -> None:
    with ExitStack() as stack:
        folder = Path(
            kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="tiro-bench-"))
        )
        first = folder / "1"
        if not (first / "tiro.sqlite").exists():
            first.mkdir(parents=True, exist_ok=True)
            furnished(first)
        libraries = []
        for processes in (1, PROCESSES):
            place = folder / str(processes)
            if not place.exists():
                shutil.copytree(first, place)
            libraries.append(stack.enter_context(serving(place, processes)))
        with closing(open_database(f"sqlite:///{first / 'tiro.sqlite'}")) as database:
            words = drawn(database)
        for name in OPERATIONS:
            measure(name, libraries, words)
        measure_beside(libraries, words)


if __name__ == "__main__":
    main(*sys.argv[1:2])
