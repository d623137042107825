"""A database that a test has used is like new for the next one, or is dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from catalogue.database import Database, open_database
from tests.builders.circulation import a_library, a_patron, an_item
from tests.postgresql_copies import STAYING, Copies, opened


def rows(url: str) -> dict[str, list[Any]]:
    """What every table holds."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace ORDER BY relname"
        ).fetchall()
        return {
            table: connection.execute(f'SELECT * FROM "{table}"').fetchall()  # type: ignore[arg-type]
            for (table,) in tables
        }


def use(url: str, by: Callable[[str], Database] = open_database) -> int:
    """Lends something; gives the number that the branch got."""
    database = by(url)
    library = a_library(database)
    an_item(library, on_loan_to=a_patron(library))
    database.close()
    return library.main.id


def test_a_copy_is_used_again_and_is_like_new(postgresql_template: tuple[str, str]) -> None:
    copies = Copies(*postgresql_template)
    with copies.lent() as first:
        new = rows(first)
        branch = use(first)
        assert rows(first) != new
    with copies.lent() as second:
        assert second == first
        assert rows(second) == new
        assert use(second) == branch  # sequences begin anew
    copies.close()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id integer)",
        "ALTER TABLE items ADD COLUMN more integer",
        "DROP TABLE exchange_bodies",
        "CREATE INDEX more ON items (barcode)",
    ],
)
def test_a_copy_of_another_shape_is_dropped(
    postgresql_template: tuple[str, str], change: str
) -> None:
    copies = Copies(*postgresql_template)
    with copies.lent() as first, psycopg.connect(first, autocommit=True) as connection:
        connection.execute(change)  # type: ignore[arg-type]
    with copies.lent() as second:
        assert second != first
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(first)
    copies.close()


def sessions(url: str) -> set[int]:
    """Those of tests that stay, by the numbers of their processes."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            (STAYING,),
        )
        return {pid for (pid,) in found}


def test_sessions_stay_and_rows_do_not(postgresql_template: tuple[str, str]) -> None:
    copies = Copies(*postgresql_template)
    with copies.lent() as first:
        new = rows(first)
        branch = use(first, opened)
        before = sessions(first)
    with copies.lent() as second:
        assert second == first
        assert sessions(second) == before != set()
        assert rows(second) == new
        assert use(second, opened) == branch
        assert sessions(second) == before
    copies.close()


def test_who_did_not_close_it_leaves_no_session(postgresql_template: tuple[str, str]) -> None:
    copies = Copies(*postgresql_template)
    with copies.lent() as url:
        an_item(a_library(opened(url)))
        before = sessions(url)
        other = opened(url)  # another one, beside what is open
        assert sessions(url) == before
        other.close()
    with copies.lent() as url:
        assert not sessions(url)
    copies.close()
