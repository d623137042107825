"""Load for a SIP2 server: so many terminals, each with a patron and an item of its own.

Each sends its next message when the last is answered, in the cycle of a self-service machine:
23 63 17 11 09.
"""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from catalogue.database import migrate, open_database
from circulation.patrons.pins import hash_pin
from tests.bench.table import Figures
from tests.builders.circulation import a_library, a_patron, an_item
from tests.protocols.sip2.serving import Serving
from tests.protocols.sip2.terminals import LOGIN

DATE = "20261125    120000"
_ANSWERS = (b"24 ", b"64 ", b"180", b"121", b"101")


def furnish(url: str, number: int) -> None:
    """A library whose patrons and items are those of `cycle`."""
    migrate(url)
    database = open_database(url)
    library = a_library(database)
    pin = hash_pin("1234")
    for each in range(number):
        a_patron(library, f"P{each}", pin_hash=pin)
        an_item(library, f"I{each}")
    database.close()


def cycle(number: int) -> list[bytes]:
    """The messages of one terminal; after them nothing is left on loan."""
    who, what = f"AODK-900100|AAP{number}|", f"ABI{number}|"
    return [
        f"{message}\r".encode()
        for message in (
            f"23001{DATE}{who}AC|AD1234|",
            f"63001{DATE}  Y       {who}AD1234|",
            f"17{DATE}AODK-900100|{what}",
            f"11NN{DATE}{DATE}{who}{what}AC|AD1234|",
            f"09N{DATE}{DATE}AP|AODK-900100|{what}AC|",
        )
    ]


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did: times of the answers in seconds, sorted, and what they cost."""

    connections: int
    seconds: float
    cpu: float
    times: list[float] = field(repr=False)

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's CPU for a message."""
        return self.cpu / len(self.times) * 1e6

    def percentile(self, percent: float) -> float:
        """Milliseconds within which so many of the answers came."""
        return self.times[min(int(len(self.times) * percent / 100), len(self.times) - 1)] * 1e3

    def figures(self, memory: float | None = None) -> Figures:
        """What stands in the table of all measurements."""
        return Figures(
            self.cpu_us, self.per_second, self.percentile(50), self.percentile(99), memory
        )

    def __str__(self) -> str:
        return (
            f"{self.connections:4} connections {self.per_second:8,.0f} messages/s"
            f"  {self.cpu_us:5.0f} us CPU"
            f"  p50 {self.percentile(50):6.2f} ms  p99 {self.percentile(99):6.2f} ms"
        )


def log_in(port: int, login: bytes = LOGIN) -> socket.socket:
    """A terminal that is on line."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(login + b"\r")
    assert connection.recv(100) == b"941\r"
    return connection


def load(server: Serving, connections: int, seconds: float) -> Load:
    """`connections` terminals at once, for so long. Their PINs are known to the server before."""
    terminals = {}
    poll = select.epoll()
    for number in range(connections):
        connection = log_in(server.port)
        messages = cycle(number)
        connection.sendall(messages[0])
        assert connection.recv(4096).startswith(b"24 ")
        terminals[connection.fileno()] = [connection, messages, 0, 0.0]
        poll.register(connection.fileno(), select.EPOLLIN)
    times: list[float] = []
    clock = time.perf_counter
    cpu, begun = server.cpu_seconds(), clock()
    for terminal in terminals.values():
        terminal[3] = clock()
        terminal[0].sendall(terminal[1][0])
    end = begun + seconds
    while terminals:
        for number, _ in poll.poll():
            terminal = terminals[number]
            connection, messages, place, sent = terminal
            answer = connection.recv(4096)
            now = clock()
            assert answer.startswith(_ANSWERS), answer
            times.append(now - sent)
            place = (place + 1) % len(messages)
            if now > end and place == 0:  # nothing is left on loan
                poll.unregister(number)
                connection.close()
                del terminals[number]
                continue
            terminal[2], terminal[3] = place, clock()
            connection.sendall(messages[place])
    wall = clock() - begun
    poll.close()
    return Load(connections, wall, server.cpu_seconds() - cpu, sorted(times))


def peak_memory(server: Serving) -> float:
    """MiB: the most that the server's process has held."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(each for each in text.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
