"""What the database tells of itself."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from catalogue.database.condition import Tables, is_fit, sizes, tables_of
from catalogue.database.migrations.running import newest_revision


def test_the_tables_are_of_the_newest_revision(database: Database) -> None:
    found = database.read(tables_of).result()
    assert found.revision == newest_revision()
    assert is_fit(found)


@pytest.mark.parametrize(
    ("tables", "fits"),
    [
        (Tables(None, None), False),
        (Tables("0001", None), False),
        (Tables("0001", "0001"), False),
        (Tables("a newer one", newest_revision()), True),
        (Tables("a newer one", "another"), False),
    ],
)
def test_tables_fit_or_not(tables: Tables, fits: bool) -> None:
    assert is_fit(tables) is fits


def test_the_sizes_are_those_of_the_files(database: Database) -> None:
    found = database.read(lambda transaction: sizes(database, transaction), wide=True).result()
    assert found.database > 100_000
    assert found.log >= 0


def test_nothing_waits_in_an_idle_database(database: Database) -> None:
    assert database.waiting() == 0
