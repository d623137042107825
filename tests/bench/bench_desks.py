"""Two hundred desks on one process: HTTP clients, each with its event stream and a scan every
`EVERY` seconds, lending and taking back an item of its own.

Each desk is signed in for itself and keeps two connections, as a browser does. What a desk costs in
memory is what the process has grown by from before anybody signed in to the end, with streams open,
desks at work and all caches that they fill.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from catalogue.database import migrate, open_database
from tests.bench.bench_desk import share
from tests.builders.circulation import a_library, a_patron, an_item
from tests.protocols.desk.stage import NAME, PASSWORD, fill
from tests.servers import start_serving

DESKS, EVERY, SECONDS = 200, 5.0, 40.0
#: Milliseconds within which 95 of 100 scans are answered, and KiB of memory for each desk.
MOST_MS, MOST_KIB = 100.0, 300.0


def memory_kib(process: int) -> int:
    """What is in memory of a process."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(process)


@dataclass
class Browser:
    """A desk: who works there, and the connections of its page."""

    port: int
    card: str
    item: str
    token: str = ""
    times: list[float] = field(default_factory=list)
    told: int = 0

    async def begin(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        wish = {"name": NAME, "password": PASSWORD, "give": "token"}
        self.token = (await self.ask("/sessions", wish))["token"]

    async def ask(self, path: str, body: Any) -> Any:
        """Asks on the kept connection."""
        self._writer.write(self._request("POST", path, json.dumps(body).encode()))
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        answer = json.loads(await self._reader.readexactly(length))
        assert head.split()[1] in ("200", "201"), (head, answer)
        return answer

    def _request(self, method: str, path: str, body: bytes = b"") -> bytes:
        lines = [f"{method} /api/v1{path} HTTP/1.1", "Host: tiro"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
            lines.append(f"Idempotency-Key: {id(self):x}-{perf_counter():.9f}")
        return "\r\n".join([*lines, "", ""]).encode() + body

    async def listen(self) -> None:
        """Counts what the event stream says."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self._request("GET", "/events/stream"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"200 OK" in head, head
        while line := await reader.readline():
            self.told += line.startswith(b"data:")

    async def work(self, wait: float, end: float) -> None:
        """A scan every `EVERY` seconds, the first after `wait`."""
        loop = asyncio.get_running_loop()
        patron = await self.ask("/desk/scan", {"text": self.card, "mode": "desk"})
        due, is_out = loop.time() + wait, False
        while due < end:
            await asyncio.sleep(max(0.0, due - loop.time()))
            scan = {"text": self.item, "mode": "return" if is_out else "desk"}
            began = perf_counter()
            found = await self.ask("/desk/scan", scan | {"patron": patron["patron"]["id"]})
            self.times.append((perf_counter() - began) * 1000)
            assert found["outcome"] == ("checked_in" if is_out else "checked_out"), found
            due, is_out = due + EVERY, not is_out


async def _all_day(desks: list[Browser]) -> None:
    for each in desks:
        await each.begin()
    listening = [asyncio.ensure_future(each.listen()) for each in desks]
    end = asyncio.get_running_loop().time() + SECONDS
    waits = [EVERY * number / len(desks) for number in range(len(desks))]
    await asyncio.gather(*(each.work(wait, end) for each, wait in zip(desks, waits, strict=True)))
    for each in listening:
        each.cancel()
    assert all(each.told for each in desks)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'tiro.sqlite'}"
        migrate(url)
        database = open_database(url)
        library = a_library(database)
        fill(library, 1)
        pairs = [(a_patron(library), an_item(library)) for _ in range(DESKS + 1)]
        database.close()
        server = start_serving(folder, url)
        try:
            first, *desks = [Browser(server.http, *each) for each in pairs]
            asyncio.run(_warm(first))
            before = memory_kib(server.process.pid)
            asyncio.run(_all_day(desks))
            after = memory_kib(server.process.pid)
        finally:
            server.stop()
    times = [each for desk in desks for each in desk.times]
    each_kib = (after - before) / DESKS
    for percent in (50, 95, 99):
        print(f"scan, {DESKS} desks, p{percent:<10} {share(times, percent):6.1f} ms")
    print(f"memory of a desk            {each_kib:6.0f} KiB")
    is_met = share(times, 95) <= MOST_MS and each_kib <= MOST_KIB
    print(f"{len(times)} scans in {SECONDS:.0f} s: {'met' if is_met else 'MISSED'}", flush=True)


async def _warm(desk: Browser) -> None:
    """A process that has served one desk already."""
    await desk.begin()
    await desk.work(0.0, asyncio.get_running_loop().time() + 2 * EVERY)


if __name__ == "__main__":
    main()
