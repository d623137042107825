"""Who has a database as a whole: one server of a SQLite file, and nobody while it is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Database, open_database
from catalogue.database.backups import back_up, restore
from catalogue.database.in_use import DatabaseInUse, kept_from_others, nobody_else

HERE, THERE = "host-a process 4711 serves it", "host-b process 7 serves it"


@pytest.fixture
def a_server(database_url: str) -> Any:
    server = open_database(database_url, served_by=HERE)
    server.read(lambda transaction: None).result()
    yield server
    server.close()


def test_nothing_is_put_back_while_a_server_has_it(
    a_server: Database, database_url: str, tmp_path: Path
) -> None:
    back_up(database_url, tmp_path / "backup")  # which takes nothing from anybody
    for replacing in (False, True):
        with pytest.raises(DatabaseInUse, match=HERE):
            restore(database_url, tmp_path / "backup", replacing=replacing)
    a_server.close()
    restore(database_url, tmp_path / "backup", replacing=True)


def test_other_programs_work_beside_a_server(a_server: Database, database_url: str) -> None:
    other = open_database(database_url)
    assert other.write(lambda transaction: 1).result() == 1
    assert other.read(lambda transaction: 2).result() == 2
    other.close()


def test_a_second_server_of_a_file_is_told_which_the_first_is(sqlite_url: str) -> None:
    first = open_database(sqlite_url, served_by=HERE)
    with pytest.raises(DatabaseInUse, match=f"is in use: {HERE}"):
        open_database(sqlite_url, served_by=THERE)
    with pytest.raises(DatabaseInUse, match=HERE), kept_from_others(sqlite_url, THERE):
        pass
    another_process_of_it = open_database(sqlite_url, served_by=HERE)
    first.close()
    with pytest.raises(DatabaseInUse, match=HERE):
        open_database(sqlite_url, served_by=THERE)
    another_process_of_it.close()
    open_database(sqlite_url, served_by=THERE).close()


def test_servers_share_a_database_of_postgresql(postgresql_url: str) -> None:
    first, second = (open_database(postgresql_url, served_by=each) for each in (HERE, THERE))
    for each in (first, second):
        assert each.read(lambda transaction: 1).result() == 1
    with (
        pytest.raises(DatabaseInUse, match=f"{HERE}, {THERE}"),
        nobody_else(postgresql_url, "import"),
    ):
        pass
    first.close()
    second.close()


def test_the_connections_of_a_server_that_stops_are_waited_for(postgresql_url: str) -> None:
    server = open_database(postgresql_url, served_by=HERE)
    server.read(lambda transaction: None).result()
    stopping = threading.Timer(0.5, server.close)
    stopping.start()
    with nobody_else(postgresql_url, "import"):
        stopping.join()


def test_no_server_begins_while_it_is_replaced(database_url: str) -> None:
    with nobody_else(database_url, "host-a process 9 restores a backup"):
        with pytest.raises(Exception, match=r"restores a backup|is being read into it"):
            open_database(database_url, served_by=HERE)
        with pytest.raises(DatabaseInUse), nobody_else(database_url, "another"):
            pass
    wait_for(lambda: is_free(database_url))
    open_database(database_url, served_by=HERE).close()


def serve(url: str, ready: Any) -> None:
    open_database(url, served_by=HERE).read(lambda transaction: None).result()
    ready.set()
    time.sleep(60)


def test_who_is_killed_holds_nothing(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=serve, args=(database_url, ready))
    process.start()
    assert ready.wait(30)
    with pytest.raises(DatabaseInUse, match=HERE), nobody_else(database_url, "import"):
        pass
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    wait_for(lambda: is_free(database_url))


def is_free(url: str) -> bool:
    try:
        with nobody_else(url, "import"):
            return True
    except DatabaseInUse:  # PostgreSQL takes a moment to notice
        return False


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def postgresql_url(postgresql_template: tuple[str, str]) -> Any:
    from tests.conftest import a_postgresql

    with a_postgresql(postgresql_template) as url:
        yield url
