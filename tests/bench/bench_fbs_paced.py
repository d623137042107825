"""FBS over sockets: pages of patrons, so many a second, whatever the server does meanwhile.

`python -m tests.bench fbs_paced` runs `tiro serve` on one core and asks it for TIRO_BENCH_VIEWS
page views a second (200 by default), for TIRO_BENCH_SECONDS (20 by default): each is a patron, 50
loans, reservations and fees, all four at once, on connections that are kept. Views come at random
moments, at a rate that does not depend on the answers; the time of a view is that from the moment
for which it was planned to its last answer. TIRO_BENCH_DATABASE=postgresql has it on the database
that TIRO_TEST_POSTGRESQL names.
"""

from __future__ import annotations

import heapq
import os
import random
import select
import socket
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any, Final

import tests.servers as servers
from protocols.demo.configuration import demo_configuration
from tests.bench.bench_fbs import furnished
from tests.bench.bench_oai import _databases
from tests.bench.sip2_load import furnish

VIEWS: Final = float(os.environ.get("TIRO_BENCH_VIEWS", "200"))
SECONDS: Final = float(os.environ.get("TIRO_BENCH_SECONDS", "20"))
KIND: Final = os.environ.get("TIRO_BENCH_DATABASE", "sqlite")
PATRONS, CONNECTIONS = 40, 64
#: At most so many milliseconds for 99 of 100 views.
AIM = 50.0


def main() -> None:
    with tempfile.TemporaryDirectory() as name, _databases(Path(name)) as urls:
        url = next(each for each in urls if each.startswith(KIND))
        furnish(url, 1)
        session, patrons = furnished(url, PATRONS)
        server = _served(url, Path(name))
        try:
            _warm(server, session, patrons)
            _measure(server, session, patrons)
        finally:
            server.stop()


def _served(url: str, folder: Path) -> servers.RunningServer:
    """The server, on the first core alone; who asks has the others."""
    ports = sip2, z3950, http, ncip = servers.free_ports(4)
    text = demo_configuration(sip2=sip2, z3950=z3950, http=http, ncip=ncip, operations=0)
    config = folder / "tiro.toml"
    config.write_text(text.replace("sqlite:///tiro.sqlite", url))
    server = servers.launch(folder, ("--config", str(config), "serve"), ports, 300.0)
    cores = sorted(os.sched_getaffinity(0))
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores[:1])
    os.sched_setaffinity(0, cores[1:] or cores)
    return server


def _requests(session: str, number: int) -> list[bytes]:
    paths = (
        f"DK-900100/patrons/{number}/v4",
        f"DK-900100/patrons/{number}/loans/v2",
        f"v1/DK-900100/patrons/{number}/reservations/v2",
        f"DK-900100/patron/{number}/fees/v2?includenonpayable=true",
    )
    return [
        f"GET /external/{path} HTTP/1.1\r\nHost: tiro\r\nX-Session: {session}\r\n\r\n".encode()
        for path in paths
    ]


class _Site:
    """Connections that are kept, and what waits for one; `done` is told of each answer."""

    def __init__(self, port: int) -> None:
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.idle: list[int] = []
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.asked: dict[int, int] = {}
        self.heard: dict[int, bytes] = {}
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            place = connection.fileno()
            self.sockets[place] = connection
            self.idle.append(place)
            self.poll.register(place, select.EPOLLIN)

    def ask(self, view: int, request: bytes) -> None:
        self.waiting.append((view, request))
        self._send()

    def _send(self) -> None:
        while self.waiting and self.idle:
            place = self.idle.pop()
            self.asked[place], request = self.waiting.popleft()
            self.heard[place] = b""
            self.sockets[place].sendall(request)

    def answered(self, timeout: float) -> list[int]:
        """The views for which an answer has come whole, each as often as that is."""
        found = []
        for place, _ in self.poll.poll(timeout):
            data = self.heard[place] = self.heard[place] + self.sockets[place].recv(1 << 20)
            head, separator, body = data.partition(b"\r\n\r\n")
            if not separator:
                continue
            assert head.startswith(b"HTTP/1.1 200"), data[:300]
            lines = head.lower().split(b"\r\n")
            length = next(each for each in lines if each.startswith(b"content-length:"))
            if len(body) == int(length.partition(b":")[2]):
                found.append(self.asked[place])
                self.idle.append(place)
        self._send()
        return found

    def close(self) -> None:
        for each in self.sockets.values():
            each.close()
        self.poll.close()


def _warm(server: servers.RunningServer, session: str, patrons: list[int]) -> None:
    _run(server, session, patrons, [number / 50 for number in range(150)])


def _run(
    server: servers.RunningServer, session: str, patrons: list[int], planned: list[float]
) -> list[float]:
    """Seconds that each view took, which are planned for these moments."""
    site = _Site(server.http)
    chance = random.Random(7)
    left: dict[int, int] = {}
    took: list[float] = []
    began = time.perf_counter()
    following = 0
    while following < len(planned) or left:
        now = time.perf_counter() - began
        while following < len(planned) and planned[following] <= now:
            requests = _requests(session, chance.choice(patrons))
            left[following] = len(requests)
            for request in requests:
                site.ask(following, request)
            following += 1
        wait = planned[following] - now if following < len(planned) else 1.0
        for view in site.answered(max(min(wait, 1.0), 0.0)):
            left[view] -= 1
            if not left[view]:
                del left[view]
                took.append(time.perf_counter() - began - planned[view])
    site.close()
    return took


def _measure(server: servers.RunningServer, session: str, patrons: list[int]) -> None:
    chance, at = random.Random(20261130), 0.0
    planned: list[float] = []
    while at < SECONDS:
        at += chance.expovariate(VIEWS)
        planned.append(at)
    before, began = _cpu(server.process.pid), time.perf_counter()
    took = sorted(_run(server, session, patrons, planned))
    seconds = time.perf_counter() - began
    share = (_cpu(server.process.pid) - before) / seconds
    at_99 = took[int(len(took) * 0.99)] * 1000
    slowest = heapq.nlargest(1, took)[0] * 1000
    print(
        f"{KIND}: {len(took):,} views, {len(took) / seconds:.0f}/s; p50"
        f" {took[len(took) // 2] * 1000:.1f} ms, p99 {at_99:.1f} ms (aim {AIM:.0f}), slowest"
        f" {slowest:.0f} ms; {share:.0%} of a core",
        flush=True,
    )


def _cpu(pid: int | Any) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
