"""Indexes of a part of a table, which both databases have."""

from alembic import op
from sqlalchemy import text


def create_partial_index(
    name: str, table: str, columns: list[str], condition: str, *, unique: bool = False
) -> None:
    """An index of the rows that meet the condition, which is SQL."""
    where = text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
