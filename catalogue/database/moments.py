"""Moments: the one type of column for times, the same in both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import DateTime, String
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """An aware UTC time: ``timestamptz`` in PostgreSQL, sortable ISO 8601 text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return String(32)
        return DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else MOMENT_IN[dialect.name](value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else cast(datetime, MOMENT_OUT[dialect.name](value))


def _utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {value!r}")
    return value.astimezone(UTC)


#: A transaction has one time, and gives it to most of its statements, others between them.
_last: tuple[datetime | None, str | None, datetime | None, str | None] = (None, None, None, None)


def _utc_text(value: datetime) -> str | None:
    global _last
    last, text, before, text_before = _last
    if value is last:
        return text
    if value is before:
        return text_before
    utc = value if value.tzinfo is UTC else _utc(value)
    written = utc.isoformat(timespec="microseconds")
    _last = (value, written, last, text)
    return written


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


# Statements call these themselves, for what is not None: SQLAlchemy's detour would take as long
# again.
MOMENT_IN: dict[str, Callable[[Any], Any]] = {"sqlite": _utc_text, "postgresql": _utc}
MOMENT_OUT: dict[str, Callable[[Any], Any]] = {
    "sqlite": datetime.fromisoformat,
    "postgresql": _in_utc,
}
