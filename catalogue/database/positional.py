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
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeEngine

from catalogue.database.compiling import DIALECTS
from catalogue.database.moments import MOMENT_IN, MOMENT_OUT, Moment
from catalogue.database.transactions import Transaction


class _Compiled:
    """The text of one expression in one dialect, and how its values go in and come out.

    What is left to do at run time is written as source and made into one function, as dataclasses
    does for its methods: calls within Python cost as much as all the rest of it.
    """

    def __init__(self, expression: ClauseElement, parameters: Sequence[str], dialect_name: str):
        dialect = DIALECTS[dialect_name]
        compiled = cast(Any, expression.compile(dialect=dialect))
        self.text: str = str(compiled)
        order: list[str] = compiled.positiontup or []
        unknown = [p for p in parameters if p not in order]
        if unknown:
            raise ValueError(f"the statement has no parameter {', '.join(unknown)}: {self.text}")
        self._scope: dict[str, Any] = {"text": self.text}
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
                self._scope[f"constant_{number}"] = (
                    process(value) if process and value is not None else value
                )
                parts.append(f"constant_{number}")
            elif process:
                self._scope[f"inward_{number}"] = process
                given = f"a{parameters.index(name)}"
                parts.append(f"None if {given} is None else inward_{number}({given})")
            else:
                parts.append(f"a{parameters.index(name)}")
        return f"({', '.join(parts)}{',' if parts else ''})"

    def function(self, *lines: str) -> Callable[..., Any]:
        """A function of the transaction and the declared parameters."""
        return _function(f"transaction, {self._arguments}", lines, self._scope)

    def binder(self) -> Callable[..., Sequence[Any]]:
        """A function from the declared parameters to the driver's tuple."""
        return _function(self._arguments, (f"return {self._values}",), self._scope)

    def row(self, row: Callable[..., Any] | None) -> str:
        """Source of `row` made of ``v``, the driver's tuple."""
        self._scope["row"] = row
        processed = [number for number, process in enumerate(self._outward) if process]
        for number in processed:
            self._scope[f"outward_{number}"] = self._outward[number]
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
        self._scope["new"] = tuple.__new__  # what a NamedTuple comes down to
        if not processed:
            return "new(row, v)"
        are_all_null = " is ".join([*(f"v[{number}]" for number in processed), "None"])
        return f"new(row, v if {are_all_null} else ({changed},))"

    def first_column(self) -> str:
        """Source of the first column of ``v``."""
        if not self._outward or self._outward[0] is None:
            return "v[0]"
        self._scope["outward_0"] = self._outward[0]
        return "None if v[0] is None else outward_0(v[0])"


def _arguments(parameters: Sequence[str]) -> str:
    return ", ".join(f"a{number}" for number in range(len(parameters)))


def _function(arguments: str, lines: Iterable[str], scope: dict[str, Any]) -> Callable[..., Any]:
    body = "".join(f"    {line}\n" for line in lines)
    exec(f"def run({arguments}):\n{body}", scope)  # noqa: S102
    return cast("Callable[..., Any]", scope["run"])


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Moment):
        return MOMENT_IN[dialect.name]
    return cast("Callable[[Any], Any] | None", kind.dialect_impl(dialect).bind_processor(dialect))


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Moment):
        return MOMENT_OUT[dialect.name]
    return cast(
        "Callable[[Any], Any] | None", kind.dialect_impl(dialect).result_processor(dialect, None)
    )


def _in_each_dialect(
    expression: ClauseElement, parameters: Sequence[str]
) -> Callable[[str], _Compiled]:
    """The compiled form of an expression by dialect, made at first use."""
    return cache(lambda dialect: _Compiled(expression, parameters, dialect))


R = TypeVar("R")


def _fetcher(
    expression: ClauseElement,
    parameters: Sequence[str],
    build: Callable[[_Compiled], Callable[..., Any]],
) -> Callable[..., Any]:
    compiled = _in_each_dialect(expression, parameters)
    ready: dict[str, Callable[..., Any]] = {}

    def made(dialect: str) -> Callable[..., Any]:
        function = ready[dialect] = build(compiled(dialect))
        return function

    arguments = f"transaction, {_arguments(parameters)}"
    lines = (
        "dialect = transaction.dialect",
        f"return (ready.get(dialect) or made(dialect))({arguments})",
    )
    return _function(arguments, lines, {"ready": ready, "made": made})


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
    compiled_in = _in_each_dialect(expression, parameters)

    def call(transaction: Transaction, rows: Iterable[Sequence[Any]]) -> None:
        compiled = compiled_in(transaction.dialect)
        values = rows if compiled.is_plain else itertools.starmap(compiled.binder(), rows)
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
        if transaction.dialect != "sqlite" and transaction.takes_locks:
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
