"""What a library has done in ten years makes nothing slower that it does today: no statement reads
a table from end to end that only grows.

The plans are those that SQLite makes for an empty database, without statistics; PostgreSQL has the
same indexes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.sql import ClauseElement

from catalogue.bitmaps import MERGE_BITMAPS, merge
from catalogue.database.compiling import DIALECTS
from circulation.kernel.personal import rows_with
from circulation.patrons import personal_export
from circulation.patrons.personal_data import references
from tests.catalogue.database.test_every_statement import statements

#: Tables whose rows stay for years.
GROWING = {
    "charge_postings",
    "charges",
    "events",
    "loans",
    "notice_messages",
    "notices",
    "payments",
}
#: What stands for a table in a plan where it is read from end to end: not where an index of a few
#: of its rows is, of those that are open, waiting, marked.
_NUMBER = re.compile(r"\?(\d+)")
_READ_WHOLE = re.compile(r"SCAN (\w+)(?! USING (?:COVERING )?INDEX ix_\w+_(?:open|waiting|marked))")
#: Statements for which it is right.
READ_WHOLE = {
    # SQLite checks what refers to a row as soon as rows are missing, and none is.
    "_insert_agency",
    "_insert_branch",
    "_insert_item",
    "_insert_posting",
    # Once in the life of a branch.
    "_delete_agency",
    "_delete_branch",
    # Once a year, when old events are moved out.
    "undone_loans",
    # A report on money that was taken for others, which somebody asks for once a month.
    "collected_for_others",
    # An item that is taken out of the stock: an index for it would cost every loan a page.
    "_delete",
    "_forget_loans",
}


@pytest.fixture
def plans(sqlite_url: str) -> Iterator[Callable[[str], str]]:
    """Of a text of SQL, what SQLite would do; nothing where it is not for SQLite."""
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA foreign_keys=ON")
    connection.create_function(MERGE_BITMAPS, 2, merge)

    def of(text: str) -> str:
        numbers = [int(each) for each in _NUMBER.findall(text)]
        nothing = (None,) * (max(numbers) if numbers else text.count("?"))
        try:
            rows = connection.execute(f"EXPLAIN QUERY PLAN {text}", nothing).fetchall()
        except sqlite3.OperationalError:  # it is for PostgreSQL alone
            return ""
        return "; ".join(each[3] for each in rows)

    yield of
    connection.close()


def texts() -> Iterator[tuple[str, str]]:
    """Every statement by its name, with what is sent to SQLite."""
    for _, statement in statements():
        text = statement.compile_for("sqlite").__globals__.get("_sqlite_text")
        if text is not None:  # no lock, which is sent to PostgreSQL alone
            yield statement.__name__, text(2) if callable(text) else text


def whole(plan: str) -> set[str]:
    return GROWING & set(_READ_WHOLE.findall(plan))


def test_no_statement_reads_what_only_grows_from_end_to_end(plans: Callable[[str], str]) -> None:
    found = [(name, plans(text)) for name, text in texts()]
    assert {name for name, plan in found if whole(plan)} == READ_WHOLE
    assert sum(plan != "" for _, plan in found) > len(found) * 3 / 4


def test_nor_does_what_is_asked_of_all_tables_on_a_person(plans: Callable[[str], str]) -> None:
    """The export and the erasure of a patron, whose statements are made of the schema."""

    def text(statement: ClauseElement) -> str:
        literal = {"literal_binds": True}
        return str(statement.compile(dialect=DIALECTS["sqlite"], compile_kwargs=literal))

    exported = personal_export._conditions(7)
    asked = [select(table).where(condition) for table, condition in exported.items()]
    asked += [select(table).where(rows_with(column, 7)) for table, column in references()]
    assert [text(each) for each in asked if whole(plans(text(each)))] == []
