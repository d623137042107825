"""Several processes with one SQLite file: over HTTP each answers what only looks, one the rest."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy

import pytest

from catalogue.database import open_database
from protocols.demo.seeding import seed
from tests.bench.bench_z3950 import INIT
from tests.bench.z3950_operations import ONE_OF_EACH
from tests.callers import LOGIN, NCIP, said
from tests.servers import RunningServer, start_serving
from tests.test_supervisor import QUICK, wait_for, workers_of, writer_of

[SEARCH] = ONE_OF_EACH["title word"]
LOOKS = (
    "/sru/catalogue?query=cql.allRecords%3D1&maximumRecords=2",
    "/oai?verb=ListRecords&metadataPrefix=oai_dc",
    "/daia?format=json&id=t1",
    "/api/v1/titles?q=a",
    "/api/v1/titles/1",
    "/api/v1/library",
)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("reading")
    copy(sqlite_template, folder / "library.sqlite")
    url = f"sqlite:///{folder / 'library.sqlite'}"
    database = open_database(url)
    seed(database, patrons=5, items=20, now=datetime(2026, 11, 25, tzinfo=UTC))
    database.close()
    running = start_serving(folder, url, more=QUICK, patience=300.0)
    try:
        wait_for(lambda: running.log.read_text().count("is ready") == 2, 300.0)
        yield running
        assert running.stop() == 0
        assert "Traceback" not in running.log.read_text()
    finally:
        if running.process.poll() is None:
            running.kill()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Whatever is answered within is answered by another process."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def connected(server: RunningServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.http, timeout=60)


def asked(
    line: http.client.HTTPConnection, path: str, body: str | None = None, **headers: str
) -> tuple[int, bytes]:
    line.request("GET" if body is None else "POST", path, body, headers)
    answer = line.getresponse()
    return answer.status, answer.read()


def test_all_that_only_looks_is_answered_without_the_writer(server: RunningServer) -> None:
    line = connected(server)
    by_writer = {}
    with stopped(*set(workers_of(server)) - {writer_of(server)}):
        assert asked(line, "/ncip", NCIP, **{"Content-Type": "application/xml"})[0] == 200
        for path in LOOKS:
            by_writer[path] = asked(line, path)
    with stopped(writer_of(server)):
        line = connected(server)
        for path in LOOKS:
            status, body = asked(line, path)
            assert status == by_writer[path][0] == 200, (path, body)
            assert len(body) == len(by_writer[path][1])


def test_a_stock_client_searches_without_the_writer(
    server: RunningServer, program: Callable[[str], str]
) -> None:
    script = (
        f"sru get 1.2\nopen http://127.0.0.1:{server.http}/sru/catalogue\nfind a\nshow 1\nquit\n"
    )
    with stopped(writer_of(server)):
        done = subprocess.run(
            [program("yaz-client")], input=script, capture_output=True, text=True, timeout=60
        )
    assert "Number of hits" in done.stdout
    assert "pos=1" in done.stdout


def test_a_change_waits_for_the_writer_and_is_made_once(server: RunningServer) -> None:
    line = connected(server)
    with stopped(writer_of(server)):
        assert asked(line, LOOKS[0])[0] == 200
        line.request("POST", "/ncip", NCIP, {"Content-Type": "application/xml"})
        assert line.sock is not None
        line.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.sock.recv(1)
        line.sock.settimeout(60)
    answer = line.getresponse()
    assert (answer.status, b"LookupItemResponse" in answer.read()) == (200, True)
    assert asked(line, LOOKS[0])[0] == 200  # on the same connection


def test_a_reader_that_hangs_keeps_no_search_waiting(server: RunningServer) -> None:
    """While somebody lends, searches are the readers'; what none of them takes, the writer does."""
    with socket.create_connection(("127.0.0.1", server.sip2), 60) as machine:
        assert said(machine, LOGIN) == b"941\r"
        with stopped(*set(workers_of(server)) - {writer_of(server)}):
            lend(machine, "I0000003", "P0000003")
            line = connected(server)
            assert all(asked(line, path)[0] == 200 for path in LOOKS)
            give_back(machine, "I0000003")


def test_searchers_over_z3950_are_left_to_readers_while_somebody_lends(
    server: RunningServer,
) -> None:
    with socket.create_connection(("127.0.0.1", server.sip2), 60) as machine, ExitStack() as stack:
        assert said(machine, LOGIN) == b"941\r"
        lend(machine, "I0000005", "P0000005")
        lines = []
        for _ in range(8):
            give_back(machine, "I0000005")
            lines.append(
                stack.enter_context(socket.create_connection(("127.0.0.1", server.z3950), 60))
            )
            lines[-1].sendall(INIT)
            assert lines[-1].recv(4096)
        with stopped(writer_of(server)):
            for line in lines:
                line.sendall(SEARCH)
                assert line.recv(4096)
        stack.enter_context(stopped(*set(workers_of(server)) - {writer_of(server)}))
        line = stack.enter_context(socket.create_connection(("127.0.0.1", server.z3950), 60))
        line.sendall(INIT)  # nobody is left out
        assert line.recv(4096)


def lend(machine: socket.socket, item: str, patron: str) -> None:
    head = "11NN20261125    12000020261125    120000"
    assert said(machine, f"{head}AO|AA{patron}|AB{item}|AC|AD1234|\r".encode())[:3] == b"121"


def give_back(machine: socket.socket, item: str) -> None:
    head = "09N20261125    12000020261125    120000"
    assert said(machine, f"{head}AP|AO|AB{item}|AC|\r".encode())[:3] == b"101"


def test_what_was_answered_is_seen_by_all(server: RunningServer) -> None:
    """A reader begins anew with each request: it never tells how things were before an answer."""
    with socket.create_connection(("127.0.0.1", server.sip2), 60) as machine:
        assert said(machine, LOGIN) == b"941\r"
        with stopped(writer_of(server)):  # so that the connection is a reader's
            line = connected(server)
            before = asked(line, "/api/v1/titles/4")[1]
        for _ in range(10):
            lend(machine, "I0000004", "P0000004")
            during = asked(line, "/api/v1/titles/4")[1]
            give_back(machine, "I0000004")
            after = asked(line, "/api/v1/titles/4")[1]
            assert during != before
            assert after == before


def test_who_waits_for_a_writer_that_is_killed_is_answered_by_the_next(
    server: RunningServer,
) -> None:
    """The last test of this server: what it has waited for goes on without it."""
    writer = writer_of(server)
    os.kill(writer, signal.SIGSTOP)
    lines = [connected(server) for _ in range(5)]
    for line in lines:
        assert asked(line, LOOKS[0])[0] == 200
        line.request("POST", "/ncip", NCIP, {"Content-Type": "application/xml"})
    time.sleep(0.2)
    os.kill(writer, signal.SIGKILL)
    for line in lines:
        answer = line.getresponse()
        assert (answer.status, b"LookupItemResponse" in answer.read()) == (200, True)
        assert asked(line, LOOKS[0])[0] == 200
    assert writer_of(server, writer) != writer
