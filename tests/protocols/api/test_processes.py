"""Done once, whatever happens to the processes: many at once, a kill, two servers."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import tests.servers
from catalogue.database import open_database
from catalogue.items import find_item
from circulation.kernel.events import EventKind, events_of_item
from tests.api_conformance import SETTINGS, as_staff_header, fill
from tests.processes import Running, start
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


def _started_to_stop(
    moment: str, mark: Path, folder: Path, database_url: str, patch: pytest.MonkeyPatch
) -> RunningServer:
    """A server that stops in the middle of its first request with a key: see `stopping`."""

    def start_stopping(module: str, *arguments: str, **how: Any) -> Running:
        return start("tests.protocols.api.stopping", moment, str(mark), *arguments, **how)

    folder.mkdir()
    with patch.context() as patched:
        patched.setattr(tests.servers, "start", start_stopping)
        return start_serving(folder, database_url, more=SETTINGS)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_in_the_middle_of_a_request_leaves_it_undone_or_done_once(
    moment: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hears nothing, and asks once more: before the kill at another process, where there
    are two, which waits for it; after the kill at a new one."""
    fill(database_url)
    wish, mark = {"card": "P0000001", "item": "I0000003"}, tmp_path / "reached"
    stopping = _started_to_stop(moment, mark, tmp_path / "a", database_url, monkeypatch)
    (tmp_path / "b").mkdir()
    is_alone = database_url.startswith("sqlite")
    other = None if is_alone else start_serving(tmp_path / "b", database_url, more=SETTINGS)
    with ThreadPoolExecutor(2) as threads:
        unheard = threads.submit(_post, stopping.http, "/checkouts", wish, "one key")
        end = time.monotonic() + 30
        while not mark.exists():
            assert time.monotonic() < end, "the server has not come to it"
            time.sleep(0.02)
        again = None
        if other is not None:
            again = threads.submit(_post, other.http, "/checkouts", wish, "one key")
        if again is not None and moment == "before":
            with pytest.raises(TimeoutError):
                again.result(1)
        assert _lent(database_url, "I0000003") == (moment == "after")
        stopping.kill()
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            unheard.result(30)
        if other is None:
            other = start_serving(tmp_path / "b", database_url, more=SETTINGS)
        try:
            heard = _post(other.http, "/checkouts", wish, "one key")
            assert heard[0] == 200, heard
            assert again is None or again.result(30) == heard
        finally:
            other.stop()
    assert _lent(database_url, "I0000003") == 1


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
