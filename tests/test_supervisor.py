"""`tiro serve` with several processes: restarts, reloads and crashes that no client is hurt by."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.database import open_database
from protocols.demo.seeding import seed
from tests.bench.bench_z3950 import INIT
from tests.callers import ITEM, LOGIN, calling, said
from tests.conftest import a_postgresql
from tests.servers import RunningServer, free_ports, start_serving, tiro_process

QUICK = "\n[server]\nprocesses = 2\ndrain_seconds = 4.0\n"


@pytest.fixture
def postgresql_url(postgresql_template: tuple[str, str]) -> Iterator[str]:
    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        seed(database, patrons=3, items=5, now=datetime(2026, 11, 25, tzinfo=UTC))
        database.close()
        yield url


@pytest.fixture
def seeded_sqlite_url(sqlite_url: str) -> str:
    database = open_database(sqlite_url)
    seed(database, patrons=3, items=5, now=datetime(2026, 11, 25, tzinfo=UTC))
    database.close()
    return sqlite_url


@contextmanager
def serving(tmp_path: Path, url: str, *options: str, more: str = QUICK) -> Iterator[RunningServer]:
    server = start_serving(tmp_path, url, *options, more=more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def workers_of(server: RunningServer) -> list[int]:
    """The process ids of its children."""
    pid = server.process.pid
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in text.split()]


def wait_for(what: Callable[[], object], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it has not come to pass"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGUSR2])
def test_a_rolling_restart_hurts_no_client(
    how: signal.Signals, postgresql_url: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    with serving(tmp_path, postgresql_url) as server:
        before = set(workers_of(server))
        assert len(before) == 2
        with calling(server, program) as callers:
            wait_for(lambda: min(callers.answers[name] for name in ("sip2", "z3950", "http")) > 3)
            server.process.send_signal(how)
            wait_for(lambda: "all workers are new" in server.log.read_text())
            wait_for(lambda: not before & set(workers_of(server)))
        assert len(workers_of(server)) == 2
        assert callers.reconnections > 1 or callers.answers["terminal"] > 3
        assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_a_reload_brings_the_configuration_as_it_is_now(
    postgresql_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, postgresql_url) as server:
        [number] = free_ports(1)
        path = tmp_path / "tiro.toml"
        text = path.read_text().replace(f"port = {server.sip2}\n", f"port = {number}\n")
        path.write_text(text.replace("processes = 2", "processes = 3"))
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "all workers are new" in server.log.read_text())
        assert len(workers_of(server)) >= 3
        with socket.create_connection(("127.0.0.1", number), 10) as line:
            assert said(line, LOGIN) == b"941\r"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.sip2), 10)
        assert server.stop() == 0


@pytest.mark.parametrize("broken", ["[sip2]\nport = 70000", "what"])
def test_a_reload_with_a_broken_configuration_changes_nothing(
    broken: str, postgresql_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, postgresql_url) as server:
        path = tmp_path / "tiro.toml"
        good, before = path.read_text(), set(workers_of(server))
        path.write_text(f"{broken}\n" if "sip2" in broken else broken + good)
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "those that ran before go on" in server.log.read_text())
        assert set(workers_of(server)) == before
        with socket.create_connection(("127.0.0.1", server.sip2), 10) as line:
            assert said(line, LOGIN) == b"941\r"
        path.write_text(good)
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "all workers are new" in server.log.read_text())
        assert server.stop() == 0


def test_a_worker_that_dies_is_replaced(postgresql_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, postgresql_url) as server:
        first, second = workers_of(server)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(ready(server)) == 3)
        with socket.create_connection(("127.0.0.1", server.sip2), 10) as line:
            assert said(line, LOGIN) == b"941\r"
        assert second in workers_of(server)
        assert len(workers_of(server)) == 2
        assert server.stop() == 0


def ready(server: RunningServer) -> list[str]:
    return re.findall(r"worker \d+ \(process \d+\) is ready", server.log.read_text())


def test_no_worker_outlives_the_supervisor(postgresql_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, postgresql_url) as server:
        workers = workers_of(server)
        server.kill()
        wait_for(lambda: not any(is_alive(pid) for pid in workers), 10)


def test_the_processes_share_the_connections(postgresql_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, postgresql_url) as server:
        lines = [socket.create_connection(("127.0.0.1", server.sip2), 10) for _ in range(40)]
        try:
            for line in lines:
                assert said(line, LOGIN) == b"941\r"
                assert said(line, ITEM).startswith(b"18")
            shares = [len(sockets_of(pid)) for pid in workers_of(server)]
        finally:
            for line in lines:
                line.close()
        assert min(shares) > 4, shares
        assert server.stop() == 0


def sockets_of(pid: int) -> list[str]:
    folder = Path(f"/proc/{pid}/fd")
    names = [os.readlink(each) for each in folder.iterdir()]
    return [name for name in names if name.startswith("socket:")]


def test_a_port_that_is_taken_is_said_and_ends_it(postgresql_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, postgresql_url) as server:
        again = tiro_process(tmp_path / "tiro.toml", "serve")
        assert again.returncode == 1
        assert "cannot listen on" in again.stderr
        assert "Address already in use" in again.stderr
        assert server.stop() == 0


def writer_of(server: RunningServer, seen: int = 0) -> int:
    """The worker that lends, as the lock beside the file has it; not the one seen before."""
    wait_for(lambda: _writers(server) - {seen})
    (found,) = _writers(server) - {seen}
    return found


def _writers(server: RunningServer) -> set[int]:
    """Who holds the lock of the writer."""
    found = set()
    for pid in workers_of(server):
        for handle in Path(f"/proc/{pid}/fdinfo").glob("*"):
            with contextlib.suppress(OSError):
                target = (Path(f"/proc/{pid}/fd") / handle.name).readlink()
                if target.name.endswith("-writer") and "FLOCK" in handle.read_text():
                    found.add(pid)
    return found


def test_of_several_processes_with_sqlite_one_lends_and_all_search(
    seeded_sqlite_url: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    with serving(tmp_path, seeded_sqlite_url) as server:
        wait_for(lambda: len(ready(server)) == 2)
        writer = writer_of(server)
        (killed,) = set(workers_of(server)) - {writer}
        os.kill(killed, signal.SIGKILL)
        target = f"127.0.0.1:{server.z3950}/Default"
        for _ in range(3):  # whoever asks meanwhile is answered
            asked = "find @attr 1=4 a\nquit\n"
            said_by = subprocess.run(
                [program("yaz-client"), target], input=asked, capture_output=True, text=True
            )
            assert "Number of hits" in said_by.stdout, said_by
        wait_for(lambda: len(set(workers_of(server)) - {writer, killed}) == 1)
        wait_for(lambda: len(ready(server)) == 3)
        (reader,) = set(workers_of(server)) - {writer}
        os.kill(writer, signal.SIGSTOP)  # what is answered now is answered by the other
        try:
            with socket.create_connection(("127.0.0.1", server.z3950), 30) as line:
                line.sendall(INIT)
                assert line.recv(4096)
        finally:
            os.kill(writer, signal.SIGCONT)
        with socket.create_connection(("127.0.0.1", server.sip2), 30) as line:
            assert said(line, LOGIN) == b"941\r"
        os.kill(writer, signal.SIGKILL)
        # Nobody is refused meanwhile: callers wait until another has taken the place.
        with socket.create_connection(("127.0.0.1", server.sip2), 30) as line:
            assert said(line, LOGIN) == b"941\r"
        assert writer_of(server, writer) == reader
        assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_a_rolling_restart_with_sqlite_hurts_no_client(
    seeded_sqlite_url: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    with serving(tmp_path, seeded_sqlite_url) as server:
        before = set(workers_of(server))
        with calling(server, program) as callers:
            wait_for(lambda: min(callers.answers[name] for name in ("sip2", "z3950", "http")) > 3)
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "all workers are new" in server.log.read_text())
            wait_for(lambda: not before & set(workers_of(server)))
        assert writer_of(server) not in before
        assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_one_process_reloads_and_refuses_nobody(
    seeded_sqlite_url: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    with serving(tmp_path, seeded_sqlite_url, more="") as server:
        pid = server.process.pid
        with calling(server, program) as callers:
            wait_for(lambda: min(callers.answers[name] for name in ("sip2", "z3950", "http")) > 3)
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "the server starts again" in server.log.read_text())
            counted = callers.answers.copy()
            wait_for(lambda: all(callers.answers[each] > counted[each] + 5 for each in counted))
        assert callers.reconnections > 1
        assert (server.process.pid, server.stop()) == (pid, 0)
    assert "Traceback" not in server.log.read_text()


def test_one_process_keeps_a_configuration_that_works(
    seeded_sqlite_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, seeded_sqlite_url, more="") as server:
        path = tmp_path / "tiro.toml"
        good = path.read_text()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            taken = other.getsockname()[1]
            for bad in (good + "[nonsense]\n", good.replace(str(server.sip2), str(taken))):
                path.write_text(bad)
                known = server.log.read_text().count("nothing was changed")
                server.process.send_signal(signal.SIGHUP)
                wait_for(
                    lambda known=known: (  # type: ignore[misc]
                        server.log.read_text().count("nothing was changed") > known
                    )
                )
        with socket.create_connection(("127.0.0.1", server.sip2), 10) as line:
            assert said(line, LOGIN) == b"941\r"
        assert server.stop() == 0


def test_the_daily_jobs_are_started_again(postgresql_url: str, tmp_path: Path) -> None:
    """Also by the supervisor that has taken the place of the one which started them."""
    with serving(tmp_path, postgresql_url, "--with-jobs") as server:

        def daily() -> list[int]:
            return [
                each
                for each in workers_of(server)
                if is_alive(each) and b"\0daily\0" in Path(f"/proc/{each}/cmdline").read_bytes()
            ]

        [before] = daily()
        server.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: "all workers are new" in server.log.read_text())
        assert daily() == [before]
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: daily() not in ([], [before]))
        assert "the daily jobs" in server.log.read_text()
        [after] = daily()
        assert server.stop() == 0
    wait_for(lambda: not is_alive(after))
