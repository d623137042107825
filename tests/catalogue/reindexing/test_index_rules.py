"""An index that was made by older rules is known for it, until it is made anew."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic.script import ScriptDirectory
from sqlalchemy import text

from catalogue.database import Database, open_database
from catalogue.database.migrations.running import alembic_configuration, engine_on, upgrade
from catalogue.reindexing.index_rules import RULES, is_outdated
from catalogue.reindexing.rebuilding import ReindexOptions, reindex
from tests.builders.catalogue import a_record, add_records

#: The migration that gave rules a version.
REVISION = "0029"
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def version(url: str) -> int:
    engine = engine_on(url)
    try:
        with engine.connect() as connection:
            [(found,)] = connection.execute(text("SELECT version FROM index_rules")).all()
            return int(found)
    finally:
        engine.dispose()


def grow_old(url: str) -> None:
    """The tables as they were before rules had versions, and then brought up to date."""
    script = ScriptDirectory.from_config(alembic_configuration())
    before = script.get_revision(REVISION).down_revision
    engine = engine_on(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE index_rules"))
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": before})
    finally:
        engine.dispose()
    upgrade(url, REVISION)


def test_a_new_library_has_the_rules_of_this_code(database: Database) -> None:
    assert version(database.url) == RULES
    assert not database.read(is_outdated).result()
    database.write(lambda t: add_records(t, [a_record("Soil")])).result()
    assert not database.read(is_outdated).result()


def test_a_library_from_before_is_told_to_reindex(database_url: str) -> None:
    database = open_database(database_url)
    database.write(lambda t: add_records(t, [a_record("Soil")])).result()
    database.close()
    grow_old(database_url)
    database = open_database(database_url)
    try:
        assert database.read(is_outdated).result()
        reindex(database, ReindexOptions(run="some", now=NOW, access_points=["title"]))
        assert database.read(is_outdated).result()
        reindex(database, ReindexOptions(run="all", now=NOW))
        assert not database.read(is_outdated).result()
    finally:
        database.close()


def test_one_without_records_has_nothing_to_make_anew(database_url: str) -> None:
    grow_old(database_url)
    assert version(database_url) == RULES
