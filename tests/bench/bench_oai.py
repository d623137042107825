"""OAI-PMH: records a second that a harvester gets, beside constant changes.

`python -m tests.bench oai` loads real records, starts a server of its own, and harvests all of them
over HTTP in each format, one request after the other, while this process changes records without
pause; on PostgreSQL as well, where TIRO_TEST_POSTGRESQL names one. TIRO_BENCH_OAI_RECORDS says how
many records; there are 46,776. Each record must come once.
"""

from __future__ import annotations

import http.client
import io
import lzma
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from catalogue.changes.replacing import replace_record
from catalogue.database import Database, migrate, open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from tests.builders.catalogue import a_record
from tests.servers import free_ports

RECORDS = int(os.environ.get("TIRO_BENCH_OAI_RECORDS", "20000"))
#: So many changes a second are tried beside the harvest.
CHANGES = 50
SHARED = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[3] / "shared")
_ID = re.compile(rb"<identifier>oai:bench.example:(\d+)</identifier>")
_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>")


@contextmanager
def _databases(folder: Path) -> Iterator[list[str]]:
    urls = [f"sqlite:///{folder / 'tiro.sqlite'}"]
    server = os.environ.get("TIRO_TEST_POSTGRESQL")
    if not server:
        yield urls
        return
    import psycopg

    name = f"tiro_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            yield [*urls, f"{server.rpartition('/')[0]}/{name}"]
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


def _load(url: str, folder: Path) -> None:
    part = folder / "part.mrc"
    with lzma.open(SHARED / "data" / "marc" / "real.mrc.xz") as packed, part.open("wb") as file:
        text = io.BufferedReader(packed).read(RECORDS * 3_000)
        file.write(b"\x1d".join(text.split(b"\x1d")[:RECORDS]) + b"\x1d")
    migrate(url)
    database = open_database(url)
    load_files(database, [part], LoadOptions(now=datetime.now(UTC), reject_folder=folder))
    database.close()


@contextmanager
def _server(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    port, *others = free_ports(4)
    config = folder / "tiro.toml"
    config.write_text(
        f'[database]\nurl = "{url}"\n[http]\nport = {port}\n[oai]\nenabled = true\n'
        'namespace = "bench.example"\n'
        "[z3950]\nport = {}\n[sip2]\nport = {}\n[ncip]\nport = {}\n".format(*others)
    )
    command = [sys.executable, "-m", "protocols.commands.command_line", "--config", str(config)]
    process = subprocess.Popen([*command, "serve"], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if b"Tiro is ready" in line:
                break
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class _Changer(threading.Thread):
    """Changes records without pause, in this process: as `tiro load` would beside a server."""

    def __init__(self, database: Database, ids: list[int]) -> None:
        super().__init__()
        self._database, self._ids = database, ids
        self.changes = 0
        self.is_over = False

    def run(self) -> None:
        while not self.is_over:
            record_id = self._ids[self.changes * 7_919 % len(self._ids)]
            data = a_record(f"Changed {self.changes}")
            now = datetime.now(UTC)
            self._database.write(
                lambda transaction, number=record_id, text=data, at=now: replace_record(
                    transaction, number, text, now=at
                )
            ).result()
            self.changes += 1
            time.sleep(1 / CHANGES)


def _harvest(port: int, prefix: str) -> tuple[list[int], float, float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    ids: list[int] = []
    query = f"verb=ListRecords&metadataPrefix={prefix}"
    began = longest = time.perf_counter()
    longest = 0.0
    while query:
        asked = time.perf_counter()
        connection.request("GET", f"/oai?{query}")
        document = connection.getresponse().read()
        longest = max(longest, time.perf_counter() - asked)
        ids += map(int, _ID.findall(document))
        token = _TOKEN.search(document)
        query = ""
        if token:
            query = f"verb=ListRecords&resumptionToken={quote(token[1].decode())}"
    connection.close()
    return ids, time.perf_counter() - began, longest


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _databases(folder) as urls:
            for url in urls:
                _measure(url, folder)


def _measure(url: str, folder: Path) -> None:
    _load(url, folder)
    kind = url.partition(":")[0]
    with _server(url, folder) as (port, pid):
        _harvest(port, "oai_dc")  # numbers what was loaded
        for prefix in ("oai_dc", "marc21", "marcxchange"):
            # Two processes share one SQLite file here, which a server does not allow for long.
            database = open_database(url)
            all_ids = [row[0] for row in _ids(database)]
            changer = _Changer(database, all_ids)
            changer.start()
            cpu = _cpu(pid)
            ids, seconds, longest = _harvest(port, prefix)
            cpu = _cpu(pid) - cpu
            changer.is_over = True
            changer.join()
            database.close()
            assert len(ids) == len(set(ids)), "a record came twice"
            assert set(ids) >= set(all_ids), "a record was missed"
            print(
                f"{kind:<12} {prefix:<12} {len(ids):>7} records, {len(ids) / seconds:>6.0f}/s, "
                f"{len(ids) / cpu:>6.0f} a second of the server's CPU, "
                f"longest answer {longest * 1000:.0f} ms, {changer.changes} changes beside it",
                flush=True,
            )


def _ids(database: Database) -> list[tuple[int]]:
    found: list[tuple[int]] = database.read(
        lambda transaction: transaction.execute("SELECT id FROM records", ()).fetchall()
    ).result()
    return found
