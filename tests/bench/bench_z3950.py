"""Z39.50 against Zebra: the same records, the same requests, in turns within one run.

    python -m tests.bench.bench_z3950 [FOLDER]

Tiro and zebrasrv (Debian's idzebra-2.0, its own MARC 21 profile) each serve the real records of the
sample data in processes of their own, Zebra in one for all connections (-S), which costs it least.
Of each kind of operation thousands are drawn from the
records by a seed (`tests.bench.z3950_operations`); those count that both servers answer with
something, and are asked one after the other, each again only when all others have been. For each
kind and number of connections the servers take turns. CPU is that of all of the server's processes;
a client waits for each answer before it asks again. What the first time costs, when neither server
has seen any of them, is a row of its own. With FOLDER, what was loaded and indexed is kept there
and used again.
"""

from __future__ import annotations

import lzma
import os
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from catalogue.database import migrate, open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from protocols.z3950.codec import decode, encode
from protocols.z3950.messages.association import InitializeRequest
from protocols.z3950.messages.result_sets import SortResponse
from protocols.z3950.messages.retrieval import PresentResponse
from protocols.z3950.messages.scanning import ScanResponse
from protocols.z3950.messages.searching import SearchResponse
from protocols.z3950.wire.framing import ApduStream
from tests.bench.table import Figures, Row, note
from tests.bench.z3950_operations import HALF_UNKNOWN, Operation, drawn
from tests.protocols.z3950.zebra import modules
from tests.servers import free_ports

ROUNDS = 5
SECONDS = 0.5
CONNECTIONS = (1, 4, 16)
PROFILE = "/usr/share/idzebra-2.0/tab"
#: What the profile lacks for the third operation.
ISBN_RULE = "melm 020$a\tISBN:w"

INIT = encode(InitializeRequest(0b111, 0b11 | 1 << 7 | 1 << 14, 1 << 24, 1 << 24))


@dataclass
class Server:
    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Of all threads of all processes of its session that live; to the nanosecond, for a
        process that serves one connection is on the processor for less than a tick."""
        total = 0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid:
                    for task in (entry / "task").iterdir():
                        total += int((task / "schedstat").read_text().split()[0])
            except OSError:  # it has ended meanwhile
                continue
        return total / 1e9


@contextmanager
def started(name: str, port: int, *command: str, folder: Path) -> Iterator[Server]:
    log = (folder / f"{name}.log").open("wb")
    # Ours is run as a module of this checkout; Zebra leaves lock files where it is started.
    where = Path(__file__).parents[2] if command[0] == sys.executable else folder
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, cwd=where)
    try:
        for _ in range(200):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Server(name, port, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def tiro(folder: Path, records: Path) -> tuple[list[str], int]:
    """Loads the records unless that was done before; gives the command to serve them."""
    path = folder / "tiro.sqlite"
    url = f"sqlite:///{path}"
    if not path.exists():
        migrate(url)
        database = open_database(url)
        load_files(database, [records], LoadOptions(now=datetime.now(UTC), reject_folder=folder))
        database.close()
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.protocols.z3950.serving", url, str(port)]
    return command, port


def zebra_index(folder: Path, plain: Path) -> Path:
    """Has Zebra index records in ISO 2709, in an empty folder; gives its settings."""
    for name in ("register", "shadow", "tmp"):
        (folder / name).mkdir()
    rules = Path(PROFILE, "marc21.abs").read_text()
    (folder / "marc21.abs").write_text(f"{rules}\n{ISBN_RULE}\n")
    settings = folder / "zebra.cfg"
    settings.write_text(
        f"profilePath: {folder}:{PROFILE}\nmodulePath: {modules()}\nattset: bib1.att\n"
        "attset: explain.att\nrecordType: grs.marcxml.marc21\nencoding: utf-8\n"
        f"register: {folder}/register:20G\nkeyTmpDir: {folder}/tmp\nstoreData: 1\n"
    )
    for verb in (["init"], ["update", str(plain)]):
        subprocess.run(
            ["zebraidx", "-c", str(settings), *verb],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    return settings


def zebra(folder: Path, records: Path, how: str = "-S") -> tuple[list[str], int]:
    """The same for Zebra: in one process for all connections, or as `how` says."""
    settings = folder / "zebra.cfg"
    if not settings.exists():
        plain = folder / "real.mrc"
        with lzma.open(records) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
        zebra_index(folder, plain)
        plain.unlink()
    (port,) = free_ports(1)
    return ["zebrasrv", how, "-c", str(settings), f"tcp:127.0.0.1:{port}"], port


# The client


class Turns:
    """The operations of a kind, handed out one after the other, over all connections and rounds."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        self._next = 0

    def take(self) -> Operation:
        operation = self._operations[self._next]
        self._next = (self._next + 1) % len(self._operations)
        return operation


class Client:
    """A connection that sends the requests of an operation, each when the last is answered."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = ApduStream(1 << 26)
        self.requests: Sequence[bytes] = [INIT]
        self.next = 0
        self.began = 0.0  # when it sent the first request of the operation under way
        self.ask()
        while not self.receive():
            pass

    def ask(self) -> None:
        self.socket.sendall(self.requests[self.next])

    def receive(self) -> bytes | None:
        """The whole answer once it is there."""
        self._stream.feed(self.socket.recv(1 << 18))
        return self._stream.next_apdu()

    def answers(self, operation: Operation) -> list[bytes]:
        """Does an operation once."""
        found = []
        for number in range(len(operation)):
            self.requests, self.next = operation, number
            self.ask()
            while not (data := self.receive()):
                pass
            found.append(data)
        return found

    def close(self) -> None:
        self.socket.close()


def asked_first(
    server: Server, operations: Sequence[Operation], least: int = 1
) -> tuple[list[bool], Figures]:
    """Asks each once: which are answered with at least so many records, and what that cost."""
    client = Client(server.port)
    times: list[float] = []
    answers = []
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    for operation in operations:
        asked = time.perf_counter()
        answers.append(client.answers(operation))
        times.append(time.perf_counter() - asked)
    cpu, elapsed = server.cpu_seconds() - cpu, time.perf_counter() - begun
    client.close()
    times.sort()
    count = len(times)
    p50, p99 = times[count // 2] * 1e3, times[count * 99 // 100] * 1e3
    figures = Figures(cpu / count * 1e6, count / elapsed, p50, p99)
    return [all(_says_something(data, least) for data in each) for each in answers], figures


def _says_something(data: bytes, least: int) -> bool:
    answer = decode(data)
    if isinstance(answer, SearchResponse):
        return bool(answer.search_status) and answer.result_count >= least
    if isinstance(answer, PresentResponse):
        return answer.present_status == 0
    if isinstance(answer, SortResponse):
        return answer.sort_status == 0
    return isinstance(answer, ScanResponse) and answer.number_of_entries_returned > 0


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did: microseconds of CPU for an operation, operations a second, and the times
    in which they were answered in milliseconds: half of them, and 99 of 100. `client`: microseconds
    of CPU that the client took for an operation."""

    cpu: float
    rate: float
    p50: float
    p99: float
    client: float


def load(server: Server, turns: Turns, connections: int) -> Load:
    selector = selectors.DefaultSelector()
    clients = [Client(server.port) for _ in range(connections)]
    for client in clients:
        client.requests, client.next = turns.take(), 0
        selector.register(client.socket, selectors.EVENT_READ, client)
    times: list[float] = []
    clock = time.perf_counter
    cpu, begun = server.cpu_seconds(), clock()
    own = time.process_time()
    for client in clients:
        client.began = clock()
        client.ask()
    while clock() - begun < SECONDS:
        for key, _ in selector.select():
            client = key.data
            if client.receive():
                client.next += 1
                if client.next == len(client.requests):
                    now = clock()
                    times.append(now - client.began)
                    client.began = now
                    client.requests, client.next = turns.take(), 0
                client.ask()
    elapsed = clock() - begun
    own = time.process_time() - own
    cpu = server.cpu_seconds() - cpu
    for client in clients:
        client.close()
    selector.close()
    done = len(times)
    times.sort()
    p50, p99 = times[done // 2] * 1e3, times[done * 99 // 100] * 1e3
    return Load(cpu / done * 1e6, done / elapsed, p50, p99, own / done * 1e6)


def peak_memory(server: Server) -> float:
    """MiB: the most that the server's process has held; Zebra's serves one connection and ends."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(each for each in text.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def measure(servers: Sequence[Server], drawn: Mapping[str, list[Operation]]) -> None:
    print(f"{'':20}{'':6}" + "".join(f"{server.name:>28}" for server in servers) + f"{'CPU':>8}")
    for name, operations in drawn.items():
        least = 0 if name == HALF_UNKNOWN else 1
        firsts = [asked_first(server, operations, least) for server in servers]
        answered = [
            operation
            for operation, *good in zip(operations, *(good for good, _ in firsts), strict=True)
            if all(good)
        ]
        told = list(zip(servers, firsts, strict=True))
        print(
            f"{name}: {len(answered):,} of {len(operations):,} drawn; the first time",
            *(f"{server.name} {first.cpu_us:,.0f} us" for server, (_, first) in told),
            flush=True,
        )
        _note(f"{name}, the first time", 1, servers, [first for _, first in firsts])
        turns = [Turns(answered) for _ in servers]
        for connections in CONNECTIONS:
            runs: list[list[Load]] = [[] for _ in servers]
            for number in range(ROUNDS):
                order = list(zip(servers, turns, runs, strict=True))
                for server, own, results in order[:: 1 if number % 2 else -1]:
                    results.append(load(server, own, connections))
            found = [median(results) for results in runs]
            cells = [f"{each.cpu_us:10,.0f} us {each.per_second:10,.0f} /s" for each in found]
            ratio = f"{found[0].cpu_us / found[1].cpu_us:.2f}x" if len(found) == 2 else ""
            print(f"{'':20}{connections:4}  " + "".join(f"{each:>28}" for each in cells), ratio)
            _note(name, connections, servers, found)


def _note(name: str, connections: int, servers: Sequence[Server], found: Sequence[Figures]) -> None:
    ours = replace(found[0], memory_mib=peak_memory(servers[0]))
    peer = (servers[1].name, found[1]) if len(found) == 2 else None
    note(Row(f"Z39.50, {name}", connections, ours, peer))


def median(results: Sequence[Load]) -> Figures:
    """Figure by figure."""
    return Figures(
        *(
            statistics.median(getattr(each, figure) for each in results)
            for figure in ("cpu", "rate", "p50", "p99")
        )
    )


def real_records() -> Path:
    """The sample data."""
    shared = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[2].parent / "shared")
    return shared / "data/marc/real.mrc.xz"


def main(kept: str | None = None) -> None:
    records = real_records()
    makers: dict[str, Callable[[Path, Path], tuple[list[str], int]]] = {"Tiro": tiro}
    if shutil.which("zebrasrv"):
        makers["Zebra"] = zebra
    else:
        print("zebrasrv is not installed (on Debian, apt-get install idzebra-2.0): Tiro alone")
    with ExitStack() as stack:
        folder = Path(
            kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="tiro-bench-"))
        )
        servers = []
        for name, make in makers.items():
            place = folder / name
            place.mkdir(parents=True, exist_ok=True)
            begun = time.perf_counter()
            command, port = make(place, records)
            size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) / 1e6
            print(f"{name}: {size:,.0f} MB, ready after {time.perf_counter() - begun:.0f} s")
            servers.append(stack.enter_context(started(name, port, *command, folder=place)))
        with closing(open_database(f"sqlite:///{folder / 'Tiro' / 'tiro.sqlite'}")) as database:
            operations = drawn(database)
        measure(servers, operations)


if __name__ == "__main__":
    main(*sys.argv[1:2])
