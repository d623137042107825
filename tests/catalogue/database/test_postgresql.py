"""How many connections PostgreSQL is asked for: as many as work is done at once."""

from __future__ import annotations

import random
import threading

import psycopg
import pytest
from psycopg import errors

from catalogue.database import Transaction, open_database
from catalogue.database.pipelines import PREPARED_AT
from catalogue.database.postgresql import WORKERS
from tests.conftest import a_postgresql


def session(transaction: Transaction) -> int:
    (pid,) = transaction.execute("SELECT pg_backend_pid()", ()).fetchone()
    return int(pid)


def test_work_that_comes_one_after_another_stays_on_one_connection(
    postgresql_template: tuple[str, str],
) -> None:
    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        pids = {database.read(session).result() for _ in range(WORKERS)}
        pids |= {database.write(session).result() for _ in range(WORKERS)}
        database.close()
    assert len(pids) == 1


def test_work_that_comes_at_once_has_a_connection_each(
    postgresql_template: tuple[str, str],
) -> None:
    met = threading.Barrier(WORKERS, timeout=30)

    def work(transaction: Transaction) -> int:
        pid = session(transaction)
        met.wait()
        return pid

    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        answers = [database.read(work) for _ in range(WORKERS)]
        assert len({answer.result() for answer in answers}) == WORKERS
        database.close()


def test_work_that_fails_gives_its_connection_back(postgresql_template: tuple[str, str]) -> None:
    def fails(transaction: Transaction) -> None:
        transaction.execute("SELECT 1 / 0", ()).fetchone()

    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        before = database.write(session).result()
        assert database.write(fails).exception() is not None
        assert database.write(session).result() == before
        database.close()


def test_what_is_beyond_the_limits_of_the_server_is_no_outage(
    postgresql_template: tuple[str, str],
) -> None:
    """It fails whenever it is tried, so nobody is told to try again."""
    noise = random.Random(1).randbytes(4_000).hex()

    def too_long(transaction: Transaction) -> None:
        transaction.execute("CREATE TABLE long (word text PRIMARY KEY)", ())
        transaction.execute("INSERT INTO long VALUES ($1)", (noise,)).fetchall()

    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        before = database.write(session).result()
        assert isinstance(database.write(too_long).exception(), errors.ProgramLimitExceeded)
        assert database.trouble() is None
        assert database.write(session).result() == before
        database.close()


@pytest.mark.parametrize("times", [1, PREPARED_AT, PREPARED_AT + 2])
def test_a_column_that_changes_its_type_is_read_and_written_by_old_connections(
    postgresql_template: tuple[str, str], times: int
) -> None:
    """A statement that was prepared before is refused by the server for ever."""
    shown = []

    def add(transaction: Transaction) -> None:
        transaction.execute("UPDATE amounts SET number = number + 1", ())
        shown.append(transaction.execute("SELECT * FROM amounts", ()).fetchall())

    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE amounts AS SELECT 0::integer AS number, 'a' AS word")
            for _ in range(times):
                database.write(add).result()
            assert shown.pop() == [(times, "a")]
            connection.execute("ALTER TABLE amounts ALTER number TYPE bigint")
            database.write(add).result()
            assert shown.pop() == [(times + 1, "a")]
            connection.execute("ALTER TABLE amounts ALTER number TYPE varchar USING 'ten'")
            read = database.read(
                lambda transaction: transaction.execute("SELECT * FROM amounts", ()).fetchall()
            )
            assert read.result() == [("ten", "a")]
        assert database.trouble() is None
        database.close()
