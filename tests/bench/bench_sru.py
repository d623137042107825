"""SRU: requests a second over connections that are kept, and the server's CPU for each.

`python -m tests.bench sru` loads ten thousand real records, starts a server of its own, and asks it
for a word of titles without records, with one and with ten, and for twenty terms of a scan. A
client waits for each answer before it asks again.
"""

from __future__ import annotations

import io
import lzma
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from catalogue.database import migrate, open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from tests.servers import free_ports

RECORDS = 10_000
SECONDS = 1.5
CONNECTIONS = (1, 8)
TICKS = os.sysconf("SC_CLK_TCK")
SHARED = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[3] / "shared")

_SEARCH = "version=1.2&operation=searchRetrieve&query=dc.title%3Dhistory&maximumRecords="
OPERATIONS = {
    "title word": f"{_SEARCH}0",
    "title word + 1 record": f"{_SEARCH}1",
    "title word + 10 records": f"{_SEARCH}10",
    "2.0, + 10 records": "query=dc.title%3Dhistory&maximumRecords=10",
    "scan of 20 terms": "scanClause=dc.title%3Dhistory&maximumTerms=20",
}


def load(folder: Path) -> str:
    """A database with the first real records; gives its URL."""
    url = f"sqlite:///{folder / 'tiro.sqlite'}"
    part = folder / "part.mrc"
    with lzma.open(SHARED / "data" / "marc" / "real.mrc.xz") as packed, part.open("wb") as file:
        text = io.BufferedReader(packed).read(RECORDS * 3_000)
        file.write(b"\x1d".join(text.split(b"\x1d")[:RECORDS]) + b"\x1d")
    migrate(url)
    database = open_database(url)
    load_files(database, [part], LoadOptions(now=datetime.now(UTC), reject_folder=folder))
    database.close()
    return url


def _cpu(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / TICKS


def _answered(waiting: bytearray) -> int:
    """The length of the answer at the beginning, 0 if it is not there yet."""
    head = waiting.find(b"\r\n\r\n")
    if head < 0:
        return 0
    at = waiting.lower().find(b"content-length:", 0, head)
    length = head + 4 + int(waiting[at + 15 : waiting.find(b"\r\n", at)])
    return length if len(waiting) >= length else 0


def _measure(port: int, query: str, connections: int) -> tuple[int, int]:
    """Answers in `SECONDS`, and the length of one."""
    request = f"GET /sru/catalogue?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    count = size = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            client = socket.create_connection(("127.0.0.1", port))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(client, selectors.EVENT_READ, bytearray())
            client.sendall(request)
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            for key, _ in selector.select(1.0):
                client = key.fileobj  # type: ignore[assignment]
                key.data.extend(client.recv(262_144))
                if length := _answered(key.data):
                    del key.data[:length]
                    count, size = count + 1, length
                    client.sendall(request)
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return count, size


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = load(folder)
        http, z3950, sip2 = free_ports(3)
        configuration = folder / "tiro.toml"
        configuration.write_text(
            f'[database]\nurl = "{url}"\n[http]\nport = {http}\n[z3950]\nport = {z3950}\n'
            f"[sip2]\nport = {sip2}\n"
        )
        command = [
            sys.executable,
            "-m",
            "protocols.commands.command_line",
            "--config",
            str(configuration),
        ]
        process = subprocess.Popen([*command, "serve"], stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            for operation, query in OPERATIONS.items():
                for connections in CONNECTIONS:
                    before = _cpu(process)
                    count, size = _measure(http, query, connections)
                    cpu = (_cpu(process) - before) / max(count, 1) * 1e6
                    print(
                        f"{operation:26} {connections} connections {count / SECONDS:7.0f} a second,"
                        f" {cpu:5.0f} us CPU, {size:6} bytes",
                        flush=True,
                    )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


if __name__ == "__main__":
    main()
