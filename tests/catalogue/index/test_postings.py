"""How the rows of new records are joined to those that are there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyroaring import BitMap

from catalogue.database import Transaction, open_database
from catalogue.index.access_points import ACCESS_POINTS, Kind
from catalogue.index.inversion import Columns
from catalogue.index.postings import add_postings
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from tests.builders.catalogue import a_record
from tests.conftest import a_postgresql

#: A record of the eighth chunk.
RECORD = BitMap([7 << 16]).serialize()
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_rows_are_looked_up_by_their_key_however_empty_the_table_was(
    postgresql_template: tuple[str, str], tmp_path: Path
) -> None:
    """The plan of the statement that a load reads rows by is that of one row, whatever is known of
    the table; and before there are any rows it is not asked."""
    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        plans = []
        for number in range(2):
            plans.append(database.write(plan_of_reading).result())
            path = tmp_path / f"{number}.mrc"
            path.write_bytes(b"".join(a_record(f"Book {n}") for n in range(2_000 + number)))
            load_files(database, [path], LoadOptions(now=NOW, processes=1))
        database.close()
    first, then = plans
    assert first is None
    assert "Index Scan using pk_postings" in then
    assert then.count("Index Cond") == 1
    assert "Filter" not in then


def plan_of_reading(transaction: Transaction) -> str | None:
    explained: list[str] = []

    def execute(text: str, parameters: Any = ()) -> Any:
        if text.startswith("SELECT") and "unnest" in text:
            found = transaction.execute(f"EXPLAIN {text}", parameters).fetchall()
            explained.append("\n".join(line for (line,) in found))
        return transaction.execute(text, parameters)

    watched = Transaction("postgresql", execute, transaction.execute_many)
    title = ACCESS_POINTS["title"].index(Kind.WORD)
    add_postings(watched, [Columns(title, 7, [b"never"], [1], [RECORD])])
    return explained[0] if explained else None
