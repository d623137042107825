"""A column that shall refer to another table no more."""

import re

from alembic import op


def drop_foreign_key(table: str, column: str, parent: str) -> None:
    """Drops the constraint of `column` that refers to the id of `parent`.

    On SQLite the text of the table is changed and nothing of its rows, as its documentation says
    for constraints that are dropped: there may be millions of them.
    """
    name = f"fk_{table}_{column}"
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(name, table, type_="foreignkey")
        return
    constraint = re.compile(
        rf',\s*CONSTRAINT\s+"?{name}"?\s+FOREIGN KEY\s*\("?{column}"?\)'
        rf'\s*REFERENCES\s+"?{parent}"?\s*\("?id"?\)'
    )
    execute = connection.exec_driver_sql
    found = execute("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,))
    text, count = constraint.subn("", found.scalar_one())
    if count != 1:
        raise RuntimeError(f"the table {table} names {name} {count} times")
    version = execute("PRAGMA schema_version").scalar_one()
    execute("PRAGMA writable_schema=ON")
    execute("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (text, table))
    execute(f"PRAGMA schema_version={version + 1:d}")
    execute("PRAGMA writable_schema=RESET")
