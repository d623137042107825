"""Columns that hold the value of one of several things."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import ColumnElement, Enum, type_coerce


def stored_as(column: ColumnElement[str], kinds: type[enum.Enum]) -> ColumnElement[Any]:
    """The column, which rows have as one of `kinds`. Raises LookupError for any other value."""
    return type_coerce(
        column, Enum(kinds, values_callable=lambda _: [each.value for each in kinds])
    )
