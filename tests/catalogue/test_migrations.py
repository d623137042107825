"""The migrations make exactly the tables that the code declares, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import circulation.schema  # noqa: F401  its tables join the metadata
from catalogue.database import migrate
from catalogue.migrations.running import alembic_configuration, engine_on, is_current
from catalogue.schema import metadata


def test_the_tables_are_those_declared(database_url: str) -> None:
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            # SQLite tells defaults in other words than it was given; their texts are the same.
            options = {
                "compare_type": True,
                "compare_server_default": engine.dialect.name != "sqlite",
            }
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, metadata) == []
            assert set(inspect(connection).get_table_names()) == {
                *metadata.tables,
                "alembic_version",
            }
    finally:
        engine.dispose()


def test_partial_indexes_have_their_condition(database_url: str) -> None:
    """`compare_metadata` looks at columns only, and these conditions carry a promise."""
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            dialect = connection.dialect.name
            found = {index["name"]: index for index in inspect(connection).get_indexes("loans")}
            for name, is_unique in (("uq_loans_open_item", True), ("ix_loans_open_patron", False)):
                assert bool(found[name]["unique"]) is is_unique
                condition = str(found[name]["dialect_options"][f"{dialect}_where"])
                assert "checked_in IS NULL" in condition
    finally:
        engine.dispose()


def test_checks_are_there(database_url: str) -> None:
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                declared = {
                    str(constraint.name)
                    for constraint in table.constraints
                    if type(constraint).__name__ == "CheckConstraint"
                }
                made = inspect(connection).get_check_constraints(table.name)
                assert {str(constraint["name"]) for constraint in made} == declared
    finally:
        engine.dispose()


def test_there_is_one_history() -> None:
    script = ScriptDirectory.from_config(alembic_configuration())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            assert is_current(connection)
            [row] = connection.exec_driver_sql("SELECT id, version FROM set_up_version").all()
            assert tuple(row) == (1, 0)
    finally:
        engine.dispose()
