"""Values of columns in JSON and as cells of CSV.

Times and days are written as ISO 8601, bytes as base64. CSV has no null and no types: null is
``\\N``, a text that begins with a backslash gets another one in front, truth values are ``true``
and ``false``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary
from sqlalchemy.types import TypeEngine

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
    """A function that gives the values of the column from what `written` made of them. It raises
    ValueError or TypeError for anything else."""
    read = _reader_of(column)
    return lambda value: None if value is None else read(value)


def _reader_of(column: Column[object]) -> Callable[[Any], Any]:
    return next((read for kind, read in _READERS if isinstance(column.type, kind)), _text)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"neither true nor false: {value!r}")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"not a text: {value!r}")


_READERS: Final[Sequence[tuple[type[TypeEngine[Any]], Callable[[Any], Any]]]] = (
    (Moment, datetime.fromisoformat),
    (Date, date.fromisoformat),
    (LargeBinary, partial(base64.b64decode, validate=True)),
    (Boolean, _truth),
    (Integer, int),
)


def cell(value: Any) -> str:
    """A value as a cell of CSV."""
    value = written(value)
    if value is None:
        return NULL
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"\\{text}" if text.startswith("\\") else text


def from_cell(column: Column[object]) -> Callable[[str], Any]:
    """A function that gives the value of a cell of CSV, like `reader`."""
    read = _reader_of(column)
    if isinstance(column.type, Boolean):
        return lambda text: None if text == NULL else _TRUTH[text]

    def value_of(text: str) -> Any:
        if text == NULL:
            return None
        return read(text[1:] if text.startswith("\\") else text)

    return value_of
