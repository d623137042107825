"""Done once, whatever happens to the processes: many at once, a kill, two servers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import open_database
from catalogue.items import find_item
from circulation.kernel.events import EventKind, events_of_item
from tests.api_conformance import SETTINGS, as_staff_header, fill
from tests.servers import RunningServer, start_serving

AT_ONCE = 16


def _post(port: int, path: str, body: Any, key: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"content-type": "application/json", "idempotency-key": key} | as_staff_header()
    connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
    answer = connection.getresponse()
    said = answer.status, answer.read()
    connection.close()
    return said


def _lent(url: str, barcode: str) -> int:
    """How often the item was lent."""
    database = open_database(url)
    try:

        def work(transaction: Any) -> int:
            item = find_item(transaction, barcode)
            assert item is not None
            found = events_of_item(transaction, item_id=item.id)
            return sum(each.kind is EventKind.CHECKED_OUT for each in found)

        return database.read(work).result()
    finally:
        database.close()


@pytest.fixture
def servers(database_url: str, tmp_path: Path) -> Iterator[list[RunningServer]]:
    """One server on SQLite, two on PostgreSQL."""
    fill(database_url)
    with ExitStack() as stack:
        running = []
        for name in ("a",) if database_url.startswith("sqlite") else ("a", "b"):
            folder = tmp_path / name
            folder.mkdir()
            server = start_serving(folder, database_url, more=SETTINGS)
            stack.callback(lambda server=server: server.process.poll() is None and server.stop())
            running.append(server)
        yield running


def test_the_same_key_many_times_at_once_and_after_a_kill(
    servers: list[RunningServer], database_url: str, tmp_path: Path
) -> None:
    wish = {"card": "P0000001", "item": "I0000003"}

    def ask(number: int) -> tuple[int, bytes]:
        return _post(servers[number % len(servers)].http, "/checkouts", wish, "one key")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = set(threads.map(ask, range(AT_ONCE)))
    ((status, body),) = answers
    assert status == 200, body
    for server in servers:
        server.kill()
    again = start_serving(servers[0].data, database_url, more=SETTINGS)
    try:
        assert _post(again.http, "/checkouts", wish, "one key") == (status, body)
        other = _post(again.http, "/checkouts", wish, "another key")
        assert other[0] == 409
    finally:
        again.stop()
    assert _lent(database_url, "I0000003") == 1
