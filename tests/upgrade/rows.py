"""All rows of a database, as sums by table over those columns that another one has as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, inspect, text

from catalogue.database.migrations.running import engine_on

#: What says something of the database and nothing of the library.
_OF_THE_DATABASE = {"alembic_version", "compatibility", "index_rules", "set_up_version"}

Rows = Mapping[str, "Counter[tuple[Any, ...]]"]


def columns_of(url: str) -> dict[str, tuple[str, ...]]:
    """The names of the columns of each table, sorted."""
    engine = engine_on(url)
    try:
        seen = inspect(engine)
        return {
            table: tuple(sorted(column["name"] for column in seen.get_columns(table)))
            for table in seen.get_table_names()
            if table not in _OF_THE_DATABASE
        }
    finally:
        engine.dispose()


def rows_of(url: str, columns: Mapping[str, tuple[str, ...]]) -> Rows:
    """The rows of each table in `columns`, whatever their order."""
    engine = engine_on(url)
    try:
        return {table: _rows(engine, table, names) for table, names in columns.items()}
    finally:
        engine.dispose()


def _rows(engine: Engine, table: str, names: tuple[str, ...]) -> Counter[tuple[Any, ...]]:
    listed = ", ".join(f'"{name}"' for name in names)
    with engine.connect() as connection:
        found = connection.execute(text(f'SELECT {listed} FROM "{table}"'))
        return Counter(
            tuple(bytes(each) if isinstance(each, memoryview) else each for each in row)
            for row in found
        )


def differences(
    what: str, before: Rows, after: Rows, known: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """A line for each table whose rows are not the same, with one row of each side."""
    lines = []
    for table in sorted(before.keys() - known[what].keys()):
        lost, new = before[table] - after[table], after[table] - before[table]
        if lost or new:
            lines.append(
                f"{what}: {table}: {before[table].total()} rows; {lost.total()} of them are gone, "
                f"{new.total()} are new; {_one(lost)} -> {_one(new)}"
            )
    return lines


def _one(rows: Counter[tuple[Any, ...]]) -> str:
    return repr(min(rows, key=repr))[:300] if rows else "-"
