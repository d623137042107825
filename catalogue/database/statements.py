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
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import DateTime, String, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from catalogue.generated import OnDemand, Source

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


R = TypeVar("R")
Execute = Callable[[str, Sequence[Any]], Cursor]
ExecuteMany = Callable[[str, Iterable[Sequence[Any]]], object]


class Transaction:
    """One open transaction of either database, as work is given it.

    `dialect` is ``"sqlite"`` or ``"postgresql"``. `execute` is the driver's own and takes SQL
    of that dialect; engine code calls statements instead and leaves it alone. `execute_many` is
    ``executemany`` of PEP 249. `memory` is for what was read in this snapshot and stays true as
    long as it lasts, by names of the readers' own; None in a transaction that may change things.
    `is_alone` where the work shares its transaction with no other, and so has no savepoint.
    """

    __slots__ = ("dialect", "execute", "execute_many", "is_alone", "memory")

    def __init__(
        self, dialect: str, execute: Execute, execute_many: ExecuteMany, is_alone: bool = False
    ) -> None:
        self.dialect = dialect
        self.execute = execute
        self.execute_many = execute_many
        self.is_alone = is_alone
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
    utc = value if value.tzinfo is UTC else cast("datetime", _utc(value))
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
    """The text of one expression in one dialect, and how its values go in and come out.

    What is left to do at run time is written as source and made into one function: calls within
    Python cost as much as all the rest of it. `place` is where the statement was declared.
    """

    def __init__(
        self, expression: ClauseElement, parameters: Sequence[str], place: str, dialect_name: str
    ) -> None:
        dialect = DIALECTS[dialect_name]
        compiled = cast(Any, expression.compile(dialect=dialect))
        self.text: str = str(compiled)
        order: list[str] = compiled.positiontup or []
        unknown = [p for p in parameters if p not in order]
        if unknown:
            raise ValueError(f"the statement has no parameter {', '.join(unknown)}: {self.text}")
        self._source = Source(place, {"text": self.text})
        self._head = f"run_on_{dialect_name}(transaction, {_arguments(parameters)})"
        self._arguments = _arguments(parameters)
        #: Source of the driver's tuple, made of the declared parameters.
        self._values = self._values_source(compiled, parameters, order, dialect)
        #: Source of the cursor, once the statement is sent.
        self.sent = f"transaction.execute(text, {self._values})"
        #: Are the values given already what the driver takes, in its order?
        self.is_plain = order == list(parameters) and not any(
            _bind_processor(compiled.binds[name].type, dialect) for name in order
        )
        columns = getattr(expression, "exported_columns", None) or ()
        self._outward = [_result_processor(column.type, dialect) for column in columns]

    def _values_source(
        self, compiled: Any, parameters: Sequence[str], order: list[str], dialect: Dialect
    ) -> str:
        parts = []
        for number, name in enumerate(order):
            process = _bind_processor(compiled.binds[name].type, dialect)
            if name not in parameters:
                value = compiled.params[name]
                if value is None and compiled.binds[name].required:
                    raise ValueError(f"the value of {name} is not given: {compiled}")
                self._source.names[f"constant_{number}"] = process(value) if process else value
                parts.append(f"constant_{number}")
            elif process:
                self._source.names[f"inward_{number}"] = process
                parts.append(f"inward_{number}(a{parameters.index(name)})")
            else:
                parts.append(f"a{parameters.index(name)}")
        return f"({', '.join(parts)}{',' if parts else ''})"

    def function(self, *lines: str) -> Callable[..., Any]:
        """A function of the transaction and the declared parameters."""
        return _function(self._source, self._head, *lines)

    @cached_property
    def bind(self) -> Callable[..., Sequence[Any]]:
        """A function from the declared parameters to the driver's tuple."""
        return _function(self._source, f"bind({self._arguments})", f"return {self._values}")

    def row(self, row: Callable[..., Any] | None) -> str:
        """Source of `row` made of ``v``, the driver's tuple."""
        self._source.names["row"] = row
        processed = [number for number, process in enumerate(self._outward) if process]
        for number in processed:
            self._source.names[f"outward_{number}"] = self._outward[number]
        changed = ", ".join(
            # Most columns of a joined row are often NULL, which every process leaves as it is.
            f"None if v[{number}] is None else outward_{number}(v[{number}])"
            if process
            else f"v[{number}]"
            for number, process in enumerate(self._outward)
        )
        fields = getattr(row, "_fields", None)
        if fields is None:
            plain = "row(*v)" if row else "v"
            return (f"row({changed})" if row else f"({changed},)") if processed else plain
        if len(fields) != len(self._outward):
            raise ValueError(f"{row} has not as many fields as the statement columns: {self.text}")
        self._source.names["new"] = tuple.__new__  # what a NamedTuple comes down to
        if not processed:
            return "new(row, v)"
        are_all_null = " is ".join([*(f"v[{number}]" for number in processed), "None"])
        return f"new(row, v if {are_all_null} else ({changed},))"

    def first_column(self) -> str:
        """Source of the first column of ``v``."""
        if not self._outward or self._outward[0] is None:
            return "v[0]"
        self._source.names["outward_0"] = self._outward[0]
        return "outward_0(v[0])"


def _arguments(parameters: Sequence[str]) -> str:
    return ", ".join(f"a{number}" for number in range(len(parameters)))


def _function(source: Source, head: str, *lines: str) -> Callable[..., Any]:
    name = head.partition("(")[0]
    source.add(name, f"def {head}:\n" + "".join(f"    {line}\n" for line in lines))
    return cast("Callable[..., Any]", source.function(name))


def _place() -> str:
    """Where a statement is declared: the module and line that called into this module."""
    frame: Any = sys._getframe(1)
    while frame.f_globals is globals():
        frame = frame.f_back
    return f"{frame.f_globals['__name__']}:{frame.f_lineno}"


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


def _fetcher(
    expression: ClauseElement,
    parameters: Sequence[str],
    build: Callable[[_Compiled], Callable[..., Any]],
) -> Callable[..., Any]:
    place = _place()
    in_each: OnDemand[str, Callable[..., Any]] = OnDemand(
        lambda dialect: build(_Compiled(expression, parameters, place, dialect))
    )
    arguments = f"transaction, {_arguments(parameters)}"
    source = Source(place, {"each": in_each})
    return _function(source, f"run({arguments})", f"return each[transaction.dialect]({arguments})")


def one(
    expression: ClauseElement, row: Callable[..., R] | None, *parameters: str
) -> Callable[..., R | None]:
    """The first row as `row` (a NamedTuple or dataclass), or None."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        return compiled.function(
            f"v = {compiled.sent}.fetchone()",
            f"return None if v is None else {compiled.row(row)}",
        )

    return _fetcher(expression, parameters, build)


def many(
    expression: ClauseElement, row: Callable[..., R] | None, *parameters: str
) -> Callable[..., list[R]]:
    """All rows, each as `row`, or as the driver's tuple where `row` is None."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        found, made = f"{compiled.sent}.fetchall()", compiled.row(row)
        return compiled.function(
            f"return {found}" if made == "v" else f"return [{made} for v in {found}]"
        )

    return _fetcher(expression, parameters, build)


def scalar(expression: ClauseElement, *parameters: str) -> Callable[..., Any]:
    """The first column of the first row, or None."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        return compiled.function(
            f"v = {compiled.sent}.fetchone()",
            f"return None if v is None else {compiled.first_column()}",
        )

    return _fetcher(expression, parameters, build)


def change(expression: ClauseElement, *parameters: str) -> Callable[..., int]:
    """Runs an insert, update or delete and returns how many rows it touched."""

    def build(compiled: _Compiled) -> Callable[..., Any]:
        return compiled.function(f"return {compiled.sent}.rowcount")

    return _fetcher(expression, parameters, build)


def send(expression: ClauseElement, *parameters: str) -> Callable[..., None]:
    """Runs a statement whose result nobody waits for: PostgreSQL sends it in the next trip.

    An error of it (a broken constraint, say) comes up at the next result or at the commit.
    """

    def build(compiled: _Compiled) -> Callable[..., Any]:
        return compiled.function(compiled.sent)

    return _fetcher(expression, parameters, build)


def send_many(
    expression: ClauseElement, *parameters: str
) -> Callable[[Transaction, Iterable[Sequence[Any]]], None]:
    """Runs a statement once for each row of values, in bulk; otherwise as `send`."""
    place = _place()
    in_each: OnDemand[str, _Compiled] = OnDemand(
        lambda dialect: _Compiled(expression, parameters, place, dialect)
    )

    def call(transaction: Transaction, rows: Iterable[Sequence[Any]]) -> None:
        compiled = in_each[transaction.dialect]
        values = rows if compiled.is_plain else itertools.starmap(compiled.bind, rows)
        transaction.execute_many(compiled.text, values)

    return call


def lock(expression: ClauseElement, *parameters: str) -> Callable[..., None]:
    """Takes row locks (``SELECT ... FOR UPDATE``) before the facts are read.

    Lock and facts must be two statements: under READ COMMITTED a statement that waits for a
    lock still sees what the rows joined to it held before the wait. SQLite has one writer at a
    time, so nothing is sent there; on both it raises ValueError for a key that is missing or None,
    which would lock nothing.
    """
    sending = send(expression, *parameters)

    def call(transaction: Transaction, *values: Any) -> None:
        if len(values) != len(parameters) or None in values:
            raise ValueError(f"{values} for {parameters} locks nothing")
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
    return [bindparam(f"key_{number}") for number in range(size)]
