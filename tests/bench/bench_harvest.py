"""Harvesting a whole catalogue from another Tiro, over HTTP, into an empty one.

`python -m tests.bench harvest` has a server with real records (as `bench_oai`), and harvests it as
`marc21`: at first, and once more when all is there and the same. What is printed: records a second
of the clock, and what a record takes of the harvester's CPU.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from catalogue.database import migrate, open_database
from circulation.harvesting.progress import want_now
from circulation.harvesting.rows import find_source
from circulation.kernel.engine import Circulation
from protocols.oai.harvesting.harvester import Harvester, in_words
from protocols.oai.harvesting.settings import SourceSettings
from tests.bench.bench_oai import _databases, _load, _server
from tests.builders.circulation import a_library

NAME = "other"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        first = f"sqlite:///{name}/first.sqlite"
        _load(first, Path(name))
        with _server(first, Path(name)) as (port, _), _databases(Path(name)) as urls:
            for url in urls:
                migrate(url)
                _measure(url, f"http://127.0.0.1:{port}/oai")


def _measure(url: str, address: str) -> None:
    database = open_database(url)
    a_library(database)
    settings = SourceSettings(address, prefix="marc21")
    harvester = Harvester(database, Circulation(), {NAME: settings}, lambda: datetime.now(UTC))
    harvester.register()
    for what in ("new", "the same"):
        began, cpu = time.perf_counter(), time.process_time()
        database.write(lambda t: want_now(t, NAME, from_the_beginning=True)).result()
        harvester.tell(NAME)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        source = database.read(lambda t: find_source(t, name=NAME)).result()
        assert source is not None
        assert not source.problem, source.problem
        told = source.counts["told"]
        print(
            f"{url.partition(':')[0]:<12} {what:<10} {told / seconds:,.0f} records/s,"
            f" {cpu / told * 1e3:.2f} ms CPU for one: {in_words(source.counts)}",
            flush=True,
        )
    database.close()
