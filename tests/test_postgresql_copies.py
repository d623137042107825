"""A database that a test has used is like new for the next one, or is dropped."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from catalogue.database import open_database
from tests.builders.circulation import a_library, a_patron, an_item
from tests.postgresql_copies import Copies


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


def use(url: str) -> int:
    """Lends something; gives the number that the branch got."""
    database = open_database(url)
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
