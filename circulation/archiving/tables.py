"""Which tables an archive holds, and in which order.

An archive holds every table except those in `LEFT_OUT`. The index, for one, is made anew when an
archive has been read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Column, Identity, Integer, Table

import circulation.assembly  # noqa: F401  the tables of all features
from catalogue.schema import records
from circulation.kernel.schema import all_tables

#: Table -> why an archive does not need it.
LEFT_OUT: Final[dict[str, str]] = {
    "postings": "the index, made of the records",
    "sort_keys": "the index, made of the records",
    "refiled_records": "of the order that running processes remember",
    "patron_words": "what patrons are searched by, made of what is known of them",
    "changed_while_reindexing": "of a reindexing that is not over",
    "reindexings": "of a reindexing that is not over",
    "index_rules": "of the index",
    "leases": "of the processes that run now",
    "sessions": "of those who are signed in now",
    "app_tokens": "of those whom apps work for now",
    "desk_sign_ins": "of those who work at a desk today",
    "machine_refusals": "of the last half-hour",
    "print_jobs": "of slips that lie beside their printers, or never will",
    "passkey_challenges": "of the last five minutes",
    "sign_in_failures": "of the last quarter of an hour",
    "compatibility": "of the tables themselves",
    "public_id_key": "each database has one of its own",
}

LENGTH: Final[Column[object]] = Column("length", Integer)

#: If none of these tables has a row, the database is a new one.
TELLTALE: Final = ("consortia", "records", "patrons", "events")


def archived_tables() -> list[Table]:
    """The tables of an archive, each after those that it refers to."""
    return [table for table in all_tables() if table.name not in LEFT_OUT]


def archived_columns(columns: Iterable[Column[object]]) -> list[Column[object]]:
    """The columns of a table in an archive. Instead of its data a record has the number of its
    bytes, which are in files of MARC."""
    return [LENGTH if column is records.c.data else column for column in columns]


def references_to_itself(table: Table) -> list[Column[object]]:
    """The columns that refer to rows of the same table."""
    return [
        column
        for column in table.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]


def numbered_column(table: Table) -> Column[object] | None:
    """The column that the database numbers by itself, if there is one."""
    return next((each for each in table.columns if isinstance(each.server_default, Identity)), None)
