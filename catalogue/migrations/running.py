"""Runs the migrations from code: no alembic.ini, no shell needed."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url

#: Any number that no other program of the database uses: one migration at a time.
_ADVISORY_LOCK = 0x7160


def alembic_configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.set_main_option("path_separator", "os")
    return configuration


def _driver_url(url: str) -> str:
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the database at `url` to `revision`; does nothing where it is there already."""
    engine = create_engine(_driver_url(url))
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                # Holds while the file is empty, as at the first migration: fewer, fuller pages.
                connection.exec_driver_sql("PRAGMA page_size=8192")
            if is_current(connection):
                return
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ADVISORY_LOCK})")
            configuration = alembic_configuration()
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, revision)
            connection.commit()
    finally:
        engine.dispose()


def newest_revision() -> str:
    """The revision of the tables that this code works with."""
    head = ScriptDirectory.from_config(alembic_configuration()).get_current_head()
    assert head is not None
    return head


def known_revisions() -> frozenset[str]:
    """All revisions that this code can bring up to date."""
    script = ScriptDirectory.from_config(alembic_configuration())
    return frozenset(each.revision for each in script.walk_revisions())


def revision_of(url: str) -> str | None:
    """The revision of the database's tables; None where it has none of ours."""
    engine = create_engine(_driver_url(url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Is the database at the newest revision that this code knows?"""
    context = MigrationContext.configure(connection)
    current = context.get_current_revision() == newest_revision()
    connection.rollback()
    return current
