"""Values of columns as JSON has them, and as a cell of CSV.

Times and days are written as ISO 8601, bytes as base64. CSV has no null and no types: null is
``\\N``, a text that begins with a backslash has one more in front, truth values are ``true`` and
``false``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary

from catalogue.database import Moment

NULL: Final = "\\N"
_TRUTH: Final = {"true": True, "false": False}


def _base64(value: bytes) -> str:
    return base64.b64encode(bytes(value)).decode("ascii")


def written(value: Any) -> Any:
    """A value as JSON."""
    if isinstance(value, bytes | memoryview):
        return _base64(bytes(value))
    if isinstance(value, date):  # a time is a date too
        return value.isoformat()
    return value


def reader(column: Column[object]) -> Callable[[Any], Any]:
    """A function from what `written` makes of the column's values, to these. It raises ValueError
    or TypeError for others."""
    read = _reader_of(column)
    return lambda value: None if value is None else read(value)


def _reader_of(column: Column[object]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, Moment):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, LargeBinary):
        return lambda text: base64.b64decode(text, validate=True)
    if isinstance(kind, Boolean):
        return _truth
    if isinstance(kind, Integer):
        return int
    return _text


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"neither true nor false: {value!r}")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"not a text: {value!r}")


def cell(value: Any) -> str:
    """A value as a cell of CSV."""
    value = written(value)
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"\\{text}" if text.startswith("\\") else text


def from_cell(column: Column[object]) -> Callable[[str], Any]:
    """A function from a cell of CSV to the value, as `reader`."""
    read = _reader_of(column)
    if isinstance(column.type, Boolean):
        return lambda text: None if text == NULL else _TRUTH[text]

    def value_of(text: str) -> Any:
        if text == NULL:
            return None
        return read(text[1:] if text.startswith("\\") else text)

    return value_of
