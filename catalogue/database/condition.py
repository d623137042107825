"""The condition of the database, for monitoring: asked every few seconds at most."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import column, func, select, table

from catalogue.database.contract import Database
from catalogue.database.migrations.running import known_revisions, newest_revision
from catalogue.database.statements import Statement, columns, one, scalar_one
from catalogue.database.tables import compatibility
from catalogue.database.transactions import Transaction


class Tables(NamedTuple):
    """Revisions of the tables (see `catalogue.database.migrations.running`)."""

    revision: str | None
    oldest_code: str | None


class Sizes(NamedTuple):
    """In bytes. `log` is SQLite's write-ahead log; 0 on PostgreSQL, which keeps its own."""

    database: int
    log: int


@one(Tables)
def _tables() -> Statement:
    oldest_code = select(compatibility.c.oldest_code).scalar_subquery()
    given = columns(Tables, revision=column("version_num"), oldest_code=oldest_code)
    return select(*given).select_from(table("alembic_version"))


@scalar_one(int)
def _sqlite_size() -> Statement:
    pages = func.pragma_page_count().table_valued("page_count")
    page = func.pragma_page_size().table_valued("page_size")
    return select(pages.c.page_count * page.c.page_size).select_from(pages, page)


@scalar_one(int)
def _postgresql_size() -> Statement:
    return select(func.pg_database_size(func.current_database()))


def tables_of(transaction: Transaction) -> Tables:
    """The revision of the tables, and the oldest code that may work with them."""
    return _tables(transaction) or Tables(None, None)


def is_fit(tables: Tables) -> bool:
    """Can this code work with these tables: those of its own revision, or of a newer Tiro that
    allows it?
    """
    if tables.revision is None or tables.revision == _newest():
        return tables.revision is not None
    return tables.revision not in _known() and tables.oldest_code in _known()


def sizes(database: Database, transaction: Transaction) -> Sizes:
    """How much room the database takes."""
    if database.dialect != "sqlite":
        return Sizes(_postgresql_size(transaction), 0)
    log = Path(database.url.removeprefix("sqlite:///") + "-wal")
    try:
        written = log.stat().st_size
    except OSError:  # there is none as long as nothing was written
        written = 0
    return Sizes(_sqlite_size(transaction), written)


# The files of the migrations do not change while a process runs.
_newest = cache(newest_revision)
_known = cache(known_revisions)
