"""Whole tables, read by statements that only running code can write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from catalogue.database import Transaction, many


def rows_of(
    table: Table, *order: ColumnElement[Any]
) -> Callable[[Transaction], list[tuple[Any, ...]]]:
    """What reads all rows of the table, in that order."""
    row = tuple[(object,) * len(table.columns)]  # type: ignore[misc]
    return many(row)(lambda: select(*table.columns).order_by(*order))
