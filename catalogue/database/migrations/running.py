"""Runs the migrations from code: no alembic.ini, no shell needed.

How a release changes the tables while older processes work with them: README.md.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, select
from sqlalchemy.exc import DBAPIError, OperationalError

from catalogue.database.outages import DatabaseUnavailable
from catalogue.database.sqlite_files import (
    foreign,
    is_foreign,
    outage_of,
    refuse_foreign,
    remove_empty,
)
from catalogue.database.tables import compatibility

log = logging.getLogger(__name__)

#: Any number that no other program of the database uses: one migration at a time.
_ADVISORY_LOCK = 0x7160
#: A change of a table waits so long for transactions that use it, as everybody else would wait
#: behind it; then it lets them pass and tries again, so many times.
_LOCK_TIMEOUT: Final = "2s"
_ATTEMPTS: Final = 10


class Fit(Enum):
    """How the tables of a database and this code go together."""

    EMPTY = "the database has no tables yet"
    OLDER = "the database is older than this Tiro"
    SAME = "the database is as this Tiro knows it"
    NEWER = "the database is newer than this Tiro, which may work with it"
    TOO_NEW = "the database is newer than this Tiro, which must not work with it"


@dataclass(frozen=True, slots=True)
class Standing:
    """The revision of a database, the newest that this code knows, and what follows from them."""

    fit: Fit
    revision: str | None
    known: str

    def __str__(self) -> str:
        return f"{self.fit.value} (revision {self.revision or 'none'}, Tiro's {self.known})"


class DatabaseTooNew(Exception):
    """The database is of a later release, which no longer works with code as old as this."""


def alembic_configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.set_main_option("path_separator", "os")
    return configuration


def engine_on(url: str) -> Engine:
    """An engine on the database; libpq reads its URL, which may name several hosts.

    Raises NotALibrary for a file that is none.
    """
    if not url.startswith("postgres"):
        refuse_foreign(Path(url.removeprefix("sqlite:///")))
        return create_engine(url)
    import psycopg

    from catalogue.database.connections import conninfo_of

    told = conninfo_of(url)
    # Without names for its statements, which a pooler need not keep.
    return create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(told, prepare_threshold=None)
    )


def standing_of(url: str) -> Standing:
    """How the database at `url` and this code go together.

    Raises NotALibrary and DatabaseUnavailable.
    """
    engine = engine_on(url)
    try:
        with _connected(engine) as connection:
            return _standing(connection)
    except DBAPIError as error:
        raise DatabaseUnavailable(f"the database cannot be read: {_reason(error, url)}") from None
    finally:
        engine.dispose()


def _reason(error: DBAPIError, url: str) -> object:
    """Return what is at fault with a database that cannot be read."""
    if isinstance(error.orig, sqlite3.Error):
        return outage_of(error.orig, Path(url.removeprefix("sqlite:///"))) or error.orig
    return error.orig


def _connected(engine: Engine) -> Connection:
    """Raises NotALibrary, and DatabaseUnavailable with the reason that the database gives but no
    password."""
    try:
        connection = engine.connect()
    except OperationalError as error:
        lines = str(error.orig).strip().splitlines() or ["no reason was given"]
        raise DatabaseUnavailable(f"the database cannot be reached: {lines[0]}") from None
    try:
        _refuse_foreign_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _standing(connection: Connection) -> Standing:
    revision = MigrationContext.configure(connection).get_current_revision()
    newest = newest_revision()
    if revision is None:
        fit = Fit.EMPTY
    elif revision == newest:
        fit = Fit.SAME
    elif revision in known_revisions():
        fit = Fit.OLDER
    else:
        oldest = None
        if inspect(connection).has_table(compatibility.name):
            oldest = connection.execute(select(compatibility.c.oldest_code)).scalar()
        fit = Fit.NEWER if oldest in known_revisions() else Fit.TOO_NEW
    connection.rollback()
    return Standing(fit, revision, newest)


def _refuse_pool(connection: Connection, url: str) -> None:
    """Raises DatabasePooled: the lock of a migration is a session's."""
    from catalogue.database.connections import refuse_pool

    driver: Any = connection.connection.driver_connection
    refuse_pool(driver, url)
    connection.rollback()


def _refuse_foreign_tables(connection: Connection) -> None:
    """Raises NotALibrary for a database of PostgreSQL with tables of another program."""
    if connection.dialect.name != "postgresql":  # a file was looked at before it was opened
        return
    tables = {str(name) for (name,) in connection.exec_driver_sql(_TABLES)}
    if is_foreign(tables):
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        raise foreign(f"the database {name}", tables)
    connection.rollback()


#: Those of the schema that new tables go to, but for what extensions have put there.
_TABLES: Final = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the database at `url` to `revision`; does nothing where it is there already.

    A newer database is left as it is. Raises DatabaseTooNew where this code must not work with it,
    NotALibrary, DatabasePooled and DatabaseUnavailable.
    """
    engine = engine_on(url)
    try:
        with _connected(engine) as connection:
            if engine.dialect.name == "sqlite":
                # Holds while the file is empty, as at the first migration: fewer, fuller pages.
                connection.exec_driver_sql("PRAGMA page_size=8192")
            standing = _standing(connection)
            if standing.fit is Fit.SAME:
                return
            if standing.fit is Fit.TOO_NEW:
                raise DatabaseTooNew(f"{standing}: install the release that it was made for")
            if standing.fit is Fit.NEWER:
                log.warning("%s: install the newer release here, too", standing)
                return
            if standing.fit is Fit.OLDER:
                log.info("%s: it is brought up to date", standing)
            if engine.dialect.name == "postgresql":
                _refuse_pool(connection, url)
                connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ADVISORY_LOCK})")
                connection.exec_driver_sql(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
                connection.commit()
            configuration = alembic_configuration()
            configuration.attributes["connection"] = connection
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    command.upgrade(configuration, revision)
                    connection.commit()
                    return
                except OperationalError as error:
                    connection.rollback()
                    if "lock timeout" not in str(error.orig) or attempt == _ATTEMPTS:
                        raise
                    log.warning("a table is in use and cannot be changed: attempt %d", attempt)
                    time.sleep(random.uniform(0.2, 1.0))  # noqa: S311
    except BaseException:
        engine.dispose()
        remove_empty(url)  # so that the next try finds no file that is no library
        raise
    finally:
        engine.dispose()


@cache
def newest_revision() -> str:
    """The revision of the tables that this code works with."""
    head = ScriptDirectory.from_config(alembic_configuration()).get_current_head()
    assert head is not None
    return head


@cache
def known_revisions() -> frozenset[str]:
    """All revisions that this code can bring up to date."""
    script = ScriptDirectory.from_config(alembic_configuration())
    return frozenset(each.revision for each in script.walk_revisions())


def is_current(connection: Connection) -> bool:
    """Is the database at the newest revision that this code knows?"""
    context = MigrationContext.configure(connection)
    current = context.get_current_revision() == newest_revision()
    connection.rollback()
    return current
