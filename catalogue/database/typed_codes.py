"""Codes that people and machines type or scan: found as they stand, or else whatever their case.

A code that is there exactly as it was given is the one that is meant. Only where none is, one that
differs by its case alone is taken, as long as it is the only one. Each table that is searched this
way has an index of its codes in small letters, so both steps are look-ups in an index.
"""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Column, ColumnElement, func, select, type_coerce

T = TypeVar("T")


def of_typed(wanted: Column[T], column: Column[str], typed: str | None) -> ColumnElement[T]:
    """The value of `wanted` in the row whose code in `column` was typed; NULL where there is none.

    Both columns are of one table.
    """
    table = column.table.alias()
    code, value = table.c[column.name], table.c[wanted.name]
    given = type_coerce(typed, column.type)
    exact = select(value).where(code == given).scalar_subquery()
    only_one = (
        select(func.min(value))
        .where(func.lower(code) == func.lower(given))
        .having(func.count() == 1)
        .scalar_subquery()
    )
    return func.coalesce(exact, only_one)


def is_typed(column: Column[str], typed: str | None) -> ColumnElement[bool]:
    """Is the column's code the one that was typed? At most one row's is."""
    [key] = column.table.primary_key
    return key == of_typed(key, column, typed)
