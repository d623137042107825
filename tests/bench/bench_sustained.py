"""A minute of check-outs and check-ins without pause, with all that goes on beside: messages are
made of them, statistics are kept, and metrics are fetched.

    python -m tests.bench.bench_sustained [SECONDS [CHECKOUT...]]

Terminals lend and take back items drawn from those of a demo, to patrons drawn from its. What a
write costs all processes of the server is told for each piece of the time, so that work which grows
with what has happened shows; so are the turns of the writers (`tests.bench.turns`). Other checkouts
of Tiro are measured in turns with this one, without these.
"""

from __future__ import annotations

import random
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.table import Figures, Row, note
from tests.servers import free_ports

ROOT = Path(__file__).parents[2]
SECONDS, PIECES = 60.0, 6
CONNECTIONS = 16
PATRONS, ITEMS = 500, 5_000
#: Seconds between two scrapes of the metrics.
SCRAPE_SECONDS = 5.0
LOGIN = b"9300CNkiosk|COkiosk|\r"
DATE = "20261125    120000"
#: What a write may cost in the last piece of what it cost in the first.
MOST_GROWTH = 1.2


@dataclass
class Server:
    """A demo of a checkout, in processes of its own."""

    process: subprocess.Popen[bytes]
    sip2: int
    z3950: int
    operations: int
    log: Path

    def cpu_seconds(self) -> float:
        """Of all threads of all processes of its group."""
        total = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):  # it has ended
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[2]) == self.process.pid:
                        tasks = (entry / "task").iterdir()
                        total += sum(int((t / "schedstat").read_text().split()[0]) for t in tasks)
        return total / 1e9


@contextmanager
def a_demo(checkout: Path, folder: Path, *more: str) -> Iterator[Server]:
    """It serves while this lasts; `more` are further arguments of `tiro demo`."""
    sip2, operations, z3950, *others = free_ports(5)
    own = checkout.resolve() == ROOT
    log = folder / "server.log"
    ports = zip(("--http-port", "--ncip-port"), map(str, others), strict=True)
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [
                *(sys.executable, "-u", "-m"),
                "tests.bench.turns" if own else "protocols.commands.command_line",
                *("demo", "--data", str(folder / "data")),
                *("--patrons", str(PATRONS), "--items", str(ITEMS)),
                *("--sip2-port", str(sip2), "--operations-port", str(operations)),
                *("--z3950-port", str(z3950), *(word for pair in ports for word in pair)),
                *more,
            ],
            cwd=checkout,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if b"Tiro is ready" in line:
                break
        else:
            raise AssertionError(log.read_text()[-2000:])
        yield Server(process, sip2, z3950, operations, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Terminal:
    """One of so many machines, with patrons and items of its own, drawn for each loan."""

    def __init__(self, port: int, number: int, choose: random.Random, of: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(LOGIN)
        assert self.socket.recv(100).startswith(b"941")
        self.items = [f"I{each:07}" for each in range(2 + number, ITEMS, of)]
        self.patrons = [f"P{each:07}" for each in range(2 + number, PATRONS, of)]
        self.sent = 0.0
        self._choose = choose
        self._lent = ""

    def ask(self) -> None:
        if self._lent:
            message = f"09N{DATE}{DATE}APDK-900101|AODK-900100|AB{self._lent}|AC|"
        else:
            self._lent = self._choose.choice(self.items)
            patron = self._choose.choice(self.patrons)
            message = f"11NN{DATE}{DATE}AODK-900100|AA{patron}|AB{self._lent}|AC|AD1234|"
        self.sent = time.perf_counter()
        self.socket.sendall(f"{message}\r".encode())

    def hear(self) -> bool:
        """Takes the answer: was it done? What cannot be lent here is not asked for again."""
        answer = self.socket.recv(8192)
        is_done = answer[2:3] == b"1"
        if answer.startswith(b"10"):
            self._lent = ""
        elif not is_done:
            if self._lent in self.items and len(self.items) > 1:
                self.items.remove(self._lent)
            self._lent = ""
        return is_done


@dataclass
class Piece:
    """What happened in a part of the time: microseconds of CPU for a write, and seconds."""

    cpu_us: float
    times: list[float] = field(repr=False)
    seconds: float

    def percentile(self, percent: int) -> float:
        """Milliseconds."""
        return sorted(self.times)[min(len(self.times) * percent // 100, len(self.times) - 1)] * 1e3


def _scraping(port: int, stop: threading.Event) -> None:
    while not stop.wait(SCRAPE_SECONDS):
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read()


def load(
    server: Server,
    seconds: float,
    pieces: int = PIECES,
    machines: int = CONNECTIONS,
    tell: Callable[[Piece], None] = lambda piece: None,
) -> tuple[list[Piece], int]:
    """The pieces, each told when it is over, and how many requests were refused."""
    choose = random.Random(20261130)
    terminals = [Terminal(server.sip2, number, choose, machines) for number in range(machines)]
    poll = select.epoll()
    by_number = {terminal.socket.fileno(): terminal for terminal in terminals}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    stop = threading.Event()
    scraping = threading.Thread(target=_scraping, args=(server.operations, stop))
    scraping.start()
    try:
        for terminal in terminals:
            terminal.ask()
        done, refused = [], 0
        for _ in range(pieces):
            piece, more = _piece(server, by_number, poll, seconds / pieces)
            done.append(piece)
            tell(piece)
            refused += more
    finally:
        stop.set()
        scraping.join()
    for terminal in terminals:
        terminal.socket.close()
    poll.close()
    return done, refused


def _piece(
    server: Server, terminals: Mapping[int, Terminal], poll: select.epoll, seconds: float
) -> tuple[Piece, int]:
    """What happens in so many seconds, and how many requests are refused."""
    clock = time.perf_counter
    times: list[float] = []
    refused = 0
    cpu, begun = server.cpu_seconds(), clock()
    while not times or clock() < begun + seconds:
        for number, _ in poll.poll(1.0):
            terminal = terminals[number]
            if terminal.hear():
                times.append(clock() - terminal.sent)
            else:
                refused += 1
            terminal.ask()
    cpu = server.cpu_seconds() - cpu
    return Piece(cpu / len(times) * 1e6, times, clock() - begun), refused


def measure(checkout: Path, seconds: float) -> list[Piece]:
    with tempfile.TemporaryDirectory(prefix="tiro-bench-") as name:
        with a_demo(checkout, Path(name)) as server:
            load(server, 5.0)  # PINs are known then, and items that are not lent are left out
            pieces, refused = load(server, seconds)
        told = [line for line in server.log.read_text().splitlines() if line.startswith("turns ")]
    print(f"{checkout.name}: {refused} refused", *told, sep="\n  ")
    for piece in pieces:
        print(
            f"  {piece.cpu_us:6.0f} us a write {len(piece.times) / piece.seconds:8,.0f} /s"
            f"  p50 {piece.percentile(50):6.2f} ms  p99 {piece.percentile(99):6.2f} ms",
            flush=True,
        )
    growth = pieces[-1].cpu_us / pieces[0].cpu_us
    print(f"  the last to the first: {growth:.2f} {'' if growth <= MOST_GROWTH else 'GROWS'}")
    return pieces


def main(seconds: float = SECONDS, *others: str) -> None:
    for checkout in (ROOT, *map(Path, others)):
        pieces = measure(checkout, seconds)
        if checkout == ROOT:
            cpu = statistics.median(piece.cpu_us for piece in pieces)
            rate = statistics.median(len(piece.times) / piece.seconds for piece in pieces)
            p50, p99 = (
                statistics.median(piece.percentile(percent) for piece in pieces)
                for percent in (50, 99)
            )
            note(Row("SIP2, a minute of writes, SQLite", CONNECTIONS, Figures(cpu, rate, p50, p99)))


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else SECONDS, *sys.argv[2:])
