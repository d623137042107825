"""A database that is gone, takes no changes, or is held up by somebody else's lock."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from catalogue.database import migrate
from tests.conftest import a_postgresql
from tests.crash.__main__ import break_connections
from tests.crash.callers import Sip2Line
from tests.crash.stage import Stage
from tests.faults.clients import (
    CAN_AGAIN,
    CANNOT,
    OFF_LINE,
    ON_LINE,
    SYSTEM_ERROR,
    Clients,
    clients_of,
    until,
)
from tests.faults.clusters import a_cluster

PATIENCE = 1.0


def test_a_server_that_stops_and_comes_back(tmp_path: Path) -> None:
    with a_cluster() as cluster:
        migrate(cluster.url)
        with clients_of(Stage.prepared(tmp_path, cluster.url, PATIENCE)) as clients:
            cluster.stop()
            for _ in range(3):
                begun = time.monotonic()
                clients.is_refused_for_now()
                clients.finds_nothing_for_now()
                assert time.monotonic() - begun < 20
            status, _ = clients.http("/ready", clients.stage.operations)
            assert status == 503
            assert clients.told(CANNOT) == 1
            cluster.start()
            until(lambda: clients.told(CAN_AGAIN) == 1)
            assert clients.status().startswith(ON_LINE)
            clients.is_served()
            _logs_in(clients)
            assert clients.http("/ready", clients.stage.operations)[0] == 200
            clients.log_tells_once()


def _logs_in(clients: Clients) -> None:
    """Logins that came to nothing because of the database do not count as wrong ones."""
    another = Sip2Line(clients.stage.sip2)
    assert another.ask(b"9900802.00\r").startswith(ON_LINE)
    another.close()


def test_a_restart_of_the_server_goes_unnoticed(tmp_path: Path) -> None:
    """Connections that broke before the commit are opened again for the same request."""
    with a_cluster() as cluster:
        migrate(cluster.url)
        with clients_of(Stage.prepared(tmp_path, cluster.url)) as clients:
            cluster.stop()
            cluster.start()
            clients.is_served()
            assert clients.told("Traceback") == 0


def test_a_server_that_takes_no_changes(
    tmp_path: Path, postgresql_template: tuple[str, str]
) -> None:
    with (
        a_postgresql(postgresql_template) as url,
        clients_of(Stage.prepared(tmp_path, url, PATIENCE)) as clients,
    ):
        _set_read_only(url, "on")
        for _ in range(2):
            clients.is_refused_for_now()
            clients.finds_a_book()
        _set_read_only(url, "off")
        until(lambda: clients.told(CAN_AGAIN) == 1)
        assert clients.status().startswith(ON_LINE)
        clients.is_served()
        clients.log_tells_once()


def _set_read_only(url: str, value: str) -> None:
    """As on a replica, for all connections from now on."""
    name = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}'  # type: ignore[arg-type]
        )
    break_connections(url)


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Somebody keeps the lock that changes need."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()
        return
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE loans, records IN EXCLUSIVE MODE")
        yield


def test_a_lock_that_somebody_keeps(tmp_path: Path, database_url: str) -> None:
    """Changes are refused in time, searches go on, and all is well once the lock is given back."""
    with clients_of(Stage.prepared(tmp_path, database_url, PATIENCE)) as clients:
        with _locked(database_url):
            for _ in range(2):
                begun = time.monotonic()
                clients.refuses(clients.lends_by_sip2, clients.sip2)
                clients.refuses(clients.lends_by_ncip, clients.ncip)
                diagnostics = clients.insert().diagnostics
                assert [each.condition for each in diagnostics or ()] == [SYSTEM_ERROR]  # type: ignore[union-attr]
                assert time.monotonic() - begun < 3 * PATIENCE + 5
                clients.finds_a_book()
            if database_url.startswith("sqlite"):
                assert clients.status().startswith(OFF_LINE)
        until(lambda: clients.status().startswith(ON_LINE))
        clients.is_served()
        assert clients.told("the write lock for too long") + clients.told("in vain") == 1
        assert clients.told("Traceback") == 0
