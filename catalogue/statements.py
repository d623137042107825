"""SQL made once from SQLAlchemy Core expressions, called as plain functions.

Executing a Core expression spends most of its time deciding again what its SQL is.
Here each expression is compiled once for each database, and what is left at run time is
one call of the driver with a tuple of values:

    find_branch = one(
        select(branches.c.id, branches.c.name).where(branches.c.isil == bindparam("isil")),
        Branch, "isil")

    branch = find_branch(transaction, "DK-900101")     # Branch | None

A statement is a constant of the module that owns the table. Values are always parameters,
never text of the statement.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import DateTime, String
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeDecorator, TypeEngine

DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
}


class Cursor(Protocol):
    """What both drivers return from ``execute`` (PEP 249)."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


Execute = Callable[[str, Sequence[Any]], Cursor]
ExecuteMany = Callable[[str, Iterable[Sequence[Any]]], object]


class Transaction:
    """One open transaction of either database, as work is given it.

    `dialect` is ``"sqlite"`` or ``"postgresql"``. `execute` is the driver's own and takes SQL
    of that dialect; engine code calls statements instead and leaves it alone. `execute_many` is
    ``executemany`` of PEP 249. `memory` is for what was read in this snapshot and stays true as
    long as it lasts, by names of the readers' own; None in a transaction that may change things.
    """

    __slots__ = ("dialect", "execute", "execute_many", "memory")

    def __init__(self, dialect: str, execute: Execute, execute_many: ExecuteMany) -> None:
        self.dialect = dialect
        self.execute = execute
        self.execute_many = execute_many
        self.memory: dict[Any, Any] | None = None


class Moment(TypeDecorator[datetime]):
    """An aware UTC time: ``timestamptz`` in PostgreSQL, sortable ISO 8601 text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return String(32)
        return DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return _MOMENT_IN[dialect.name](value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return cast("datetime | None", _MOMENT_OUT[dialect.name](value))


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {value!r}")
    return value.astimezone(UTC)


#: A transaction has one time, and gives it to most of its statements.
_last_text: tuple[datetime | None, str | None] = (None, None)


def _utc_text(value: datetime | None) -> str | None:
    global _last_text
    last, text = _last_text
    if value is last:
        return text
    if value is None:
        return None
    utc = cast(datetime, _utc(value))
    text = utc.isoformat(timespec="microseconds")
    _last_text = (value, text)
    return text


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


# Statements call these themselves: SQLAlchemy's way to them takes as long as they do.
_MOMENT_IN: dict[str, Callable[[Any], Any]] = {"sqlite": _utc_text, "postgresql": _utc}
_MOMENT_OUT: dict[str, Callable[[Any], Any]] = {"sqlite": _from_text, "postgresql": _in_utc}


class _Compiled:
    """The text of one expression in one dialect, and how its values go in and come out."""

    def __init__(self, expression: ClauseElement, parameters: Sequence[str], dialect_name: str):
        dialect = DIALECTS[dialect_name]
        compiled = cast(Any, expression.compile(dialect=dialect))
        self.text: str = str(compiled)
        order: list[str] = compiled.positiontup or []
        unknown = [p for p in parameters if p not in order]
        if unknown:
            raise ValueError(f"the statement has no parameter {', '.join(unknown)}: {self.text}")
        self.bind = self._binder(compiled, parameters, order, dialect)
        #: Are the values given already what the driver takes, in its order?
        self.is_plain = order == list(parameters) and not any(
            _bind_processor(compiled.binds[name].type, dialect) for name in order
        )
        columns = getattr(expression, "exported_columns", None) or ()
        self.outward = [_result_processor(column.type, dialect) for column in columns]

    @staticmethod
    def _binder(
        compiled: Any, parameters: Sequence[str], order: list[str], dialect: Dialect
    ) -> Callable[..., Sequence[Any]]:
        """A function from the declared parameters to the driver's tuple, written as source."""
        scope: dict[str, Any] = {}
        parts = []
        for number, name in enumerate(order):
            process = _bind_processor(compiled.binds[name].type, dialect)
            if name not in parameters:
                value = compiled.params[name]
                if value is None and compiled.binds[name].required:
                    raise ValueError(f"the value of {name} is not given: {compiled}")
                scope[f"constant_{number}"] = process(value) if process else value
                parts.append(f"constant_{number}")
            elif process:
                scope[f"process_{number}"] = process
                parts.append(f"process_{number}(a{parameters.index(name)})")
            else:
                parts.append(f"a{parameters.index(name)}")
        arguments = ", ".join(f"a{number}" for number in range(len(parameters)))
        source = f"lambda {arguments}: ({', '.join(parts)}{',' if parts else ''})"
        return cast(Callable[..., Sequence[Any]], eval(source, scope))  # noqa: S307

    def row_maker(self, row: Callable[..., Any] | None) -> Callable[[Any], Any] | None:
        """A function from the driver's tuple to `row`; None where the tuple is the row."""
        if not any(self.outward):
            if row is None:
                return None
            make = getattr(row, "_make", None)
            return cast("Callable[[Any], Any]", make or (lambda values: row(*values)))
        scope: dict[str, Any] = {"row": row}
        parts = []
        for number, process in enumerate(self.outward):
            if process:
                scope[f"process_{number}"] = process
                # Most columns of a joined row are often NULL, which every process leaves as it is.
                parts.append(f"None if v[{number}] is None else process_{number}(v[{number}])")
            else:
                parts.append(f"v[{number}]")
        made = f"row({', '.join(parts)})" if row else f"({', '.join(parts)},)"
        return cast("Callable[[Any], Any]", eval(f"lambda v: {made}", scope))  # noqa: S307


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Moment):
        return _MOMENT_IN[dialect.name]
    return cast("Callable[[Any], Any] | None", kind.dialect_impl(dialect).bind_processor(dialect))


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Moment):
        return _MOMENT_OUT[dialect.name]
    return cast(
        "Callable[[Any], Any] | None", kind.dialect_impl(dialect).result_processor(dialect, None)
    )


class _Statement:
    """An expression with its compiled form per dialect, made at first use."""

    def __init__(self, expression: ClauseElement, parameters: Sequence[str]) -> None:
        self._expression = expression
        self._parameters = parameters
        self._compiled: dict[str, _Compiled] = {}

    def compiled(self, dialect: str) -> _Compiled:
        found = self._compiled.get(dialect)
        if found is None:
            found = _Compiled(self._expression, self._parameters, dialect)
            self._compiled[dialect] = found
        return found


R = TypeVar("R")


def _fetcher(
    expression: ClauseElement,
    parameters: Sequence[str],
    build: Callable[[_Compiled], Callable[..., Any]],
) -> Callable[..., Any]:
    statement = _Statement(expression, parameters)
    ready: dict[str, Callable[..., Any]] = {}

    def call(transaction: Transaction, *values: Any) -> Any:
        function = ready.get(transaction.dialect)
        if function is None:
            function = ready[transaction.dialect] = build(statement.compiled(transaction.dialect))
        return function(transaction.execute, *values)

    return call


def one(
    expression: ClauseElement, row: Callable[..., R] | None, *parameters: str
) -> Callable[..., R | None]:
    """The first row as `row` (a NamedTuple or dataclass), or None."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        text, bind, make = compiled.text, compiled.bind, compiled.row_maker(row)

        def run(execute: Execute, *values: Any) -> Any:
            found = execute(text, bind(*values)).fetchone()
            return found if found is None or make is None else make(found)

        return run

    return _fetcher(expression, parameters, build)


def many(
    expression: ClauseElement, row: Callable[..., R] | None, *parameters: str
) -> Callable[..., list[R]]:
    """All rows, each as `row`, or as the driver's tuple where `row` is None."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        text, bind, make = compiled.text, compiled.bind, compiled.row_maker(row)

        def run(execute: Execute, *values: Any) -> Any:
            rows = execute(text, bind(*values)).fetchall()
            return rows if make is None else [make(found) for found in rows]

        return run

    return _fetcher(expression, parameters, build)


def scalar(expression: ClauseElement, *parameters: str) -> Callable[..., Any]:
    """The first column of the first row, or None."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        text, bind = compiled.text, compiled.bind
        outward = compiled.outward[0] if compiled.outward else None

        def run(execute: Execute, *values: Any) -> Any:
            found = execute(text, bind(*values)).fetchone()
            if found is None:
                return None
            return found[0] if outward is None else outward(found[0])

        return run

    return _fetcher(expression, parameters, build)


def _await_count(cursor: Cursor) -> None:
    """In a pipeline of PostgreSQL the count is known only when the answer has been fetched."""
    from psycopg import ProgrammingError

    try:
        cursor.fetchone()
    except ProgrammingError:  # a change has no rows to fetch, but now it has its count
        if cursor.rowcount < 0:
            raise


def change(expression: ClauseElement, *parameters: str) -> Callable[..., int]:
    """Runs an insert, update or delete and returns how many rows it touched."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        text, bind = compiled.text, compiled.bind

        def run(execute: Execute, *values: Any) -> Any:
            cursor = execute(text, bind(*values))
            if cursor.rowcount < 0:
                _await_count(cursor)
            return cursor.rowcount

        return run

    return _fetcher(expression, parameters, build)


def send(expression: ClauseElement, *parameters: str) -> Callable[..., None]:
    """Runs a statement whose result nobody waits for: PostgreSQL sends it in the next trip.

    An error of it (a broken constraint, say) comes up at the next result or at the commit.
    """

    def build(compiled: _Compiled) -> Callable[..., Any]:
        text, bind = compiled.text, compiled.bind

        def run(execute: Execute, *values: Any) -> Any:
            execute(text, bind(*values))

        return run

    return _fetcher(expression, parameters, build)


def send_many(
    expression: ClauseElement, *parameters: str
) -> Callable[[Transaction, Iterable[Sequence[Any]]], None]:
    """Runs a statement once for each row of values, in bulk; otherwise as `send`."""
    statement = _Statement(expression, parameters)

    def call(transaction: Transaction, rows: Iterable[Sequence[Any]]) -> None:
        compiled = statement.compiled(transaction.dialect)
        values = rows if compiled.is_plain else itertools.starmap(compiled.bind, rows)
        transaction.execute_many(compiled.text, values)

    return call


def lock(expression: ClauseElement, *parameters: str) -> Callable[..., None]:
    """Takes row locks (``SELECT ... FOR UPDATE``) before the facts are read.

    Lock and facts must be two statements: under READ COMMITTED a statement that waits for a
    lock still sees what the rows joined to it held before the wait. SQLite has one writer at a
    time, so nothing is sent there.
    """
    sending = send(expression, *parameters)

    def call(transaction: Transaction, *values: Any) -> None:
        if transaction.dialect != "sqlite":
            sending(transaction, *values)

    return call


def many_of(
    expression: Callable[[int], ClauseElement], row: Callable[..., R] | None
) -> Callable[[Transaction, Sequence[Any]], list[R]]:
    """All rows for a list of keys of any length, at most 500 in one trip.

    `expression(n)` gives the expression for `n` keys, with parameters ``key_0`` ... ``key_n-1``
    (see `key_parameters`). The lengths are rounded up to powers of two, the last key being
    repeated, so that few statements are compiled.
    """

    @lru_cache(maxsize=16)
    def statement(size: int) -> Callable[..., list[R]]:
        return many(expression(size), row, *(f"key_{number}" for number in range(size)))

    def call(transaction: Transaction, keys: Sequence[Any]) -> list[R]:
        found: list[R] = []
        for start in range(0, len(keys), 500):
            part = list(keys[start : start + 500])
            size = 1
            while size < len(part):
                size *= 2
            part += [part[-1]] * (size - len(part))
            found += statement(size)(transaction, *part)
        return found

    return call


def key_parameters(size: int) -> Iterable[Any]:
    """The `size` parameters ``key_0`` ... for the ``in_`` of a `many_of` expression."""
    from sqlalchemy import bindparam

    return [bindparam(f"key_{number}") for number in range(size)]
