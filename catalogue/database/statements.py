"""Statements: SQL written once as a function, called with arguments that mypy checks.

    class Branch(NamedTuple):
        id: int
        name: str

    @one(Branch)
    def find_branch(*, isil: str) -> Statement:
        return select(*columns(Branch, branches)).where(branches.c.isil == isil)

    branch = find_branch(transaction, isil="DK-900101")     # Branch | None

The body is called when the statement is first sent to a kind of database, with bind parameters for
its arguments, and gives an expression of SQLAlchemy Core. That is compiled, and the function
becomes one call of the driver (`catalogue.database.compiling`). So the body decides nothing by its
arguments, and values are always parameters, never text of the statement. In an insert whose
arguments are named as its columns, ``insert(branches).values(locals())`` says so. What the body
takes by position the function takes so too: only where there are so many arguments, so often, that
matching keywords would be felt.

A row is a NamedTuple whose fields are named as the columns, or a function whose parameters are; or
a row of rows (`catalogue.database.shapes`). Where thousands of rows are read and most are dropped,
it may be the driver's own: ``tuple[bytes, bytes]``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import update_wrapper, wraps
from inspect import signature
from types import FunctionType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, get_type_hints
from weakref import WeakSet

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import ClauseElement

from catalogue.database.compiling import Compiled, Scope, bind
from catalogue.database.shapes import Shaped
from catalogue.database.transactions import Transaction
from catalogue.generated import Source

P = ParamSpec("P")
R = TypeVar("R")
Record = TypeVar("Record", bound=tuple[Any, ...])
#: What the body of a statement gives.
Statement = ClauseElement
Decorator = Callable[[Callable[P, Statement]], Callable[Concatenate[Transaction, P], R]]

#: The most keys that `many_of` and `scalars_of` send in one trip.
KEYS_AT_MOST: Final = 500
_compiling = threading.RLock()
_made: WeakSet[_Function] = WeakSet()


def compile_statements(dialect: str) -> None:
    """Makes the code of all statements of the modules that are loaded.

    For whoever serves: otherwise whoever asks first waits for that of each statement, and so does
    everybody who waits for his turn to write. Those of another kind of database are left out.
    """
    for each in list(_made):
        with suppress(CompileError, AttributeError):  # the words of one dialect in another
            each.function.__dict__["compile_for"](dialect)


def _unmet(transaction: Transaction, *positional: Any, **named: Any) -> Any:
    return _meet(transaction.dialect)(transaction, *positional, **named)  # type: ignore[name-defined]  # noqa: F821


class _Function:
    """The function of a statement, whose code is made when a kind of database is first met.

    `lines` gives the source for one of them, where `transaction`, the other `positional` arguments
    and those `named` may be used; what else it needs it puts into the scope.
    """

    def __init__(
        self,
        body: Callable[..., Statement],
        lines: Callable[[str, Scope], Sequence[str]],
        positional: Sequence[str] = (),
        named: Sequence[str] = (),
    ) -> None:
        self._name = body.__name__ if body.__name__.isidentifier() else "statement"
        self._title = body.__module__
        self._lines = lines
        self._given = ("transaction", *positional), tuple(named)
        self._met: dict[str, Sequence[str]] = {}
        self._scope: Scope = {"_meet": self._meet}
        self.function = FunctionType(_unmet.__code__, self._scope)
        update_wrapper(self.function, body)
        self.function.__dict__["compile_for"] = self._meet
        _made.add(self)

    def _meet(self, dialect: str) -> Callable[..., Any]:
        with _compiling:
            if dialect not in self._met:
                self._met[dialect] = self._lines(dialect, self._scope)
                source = Source(self._title, self._scope)
                source.add(self._name, self._source())
                self.function.__code__ = source.function(self._name).__code__
        return self.function

    def _source(self) -> str:
        positional, named = self._given
        parameters = ", ".join([*positional, *(("*", *named) if named else ())])
        arguments = ", ".join([*positional, *(f"{name}={name}" for name in named)])
        source = [f"def {self._name}({parameters}):"]
        for dialect, lines in self._met.items():
            source.append(f"    if transaction.dialect == {dialect!r}:")
            source += [f"        {line}" for line in lines]
        source.append(f"    return _meet(transaction.dialect)({arguments})")
        return "\n".join(source) + "\n"


def _names(body: Callable[..., Statement]) -> Sequence[str]:
    """The names of the arguments of a statement."""
    code = body.__code__  # a signature takes longer to make than all else of a statement
    named: Sequence[str] = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return getattr(body, "taking", None) or named


def _function(
    body: Callable[..., Statement], lines: Callable[[Compiled], Sequence[str]]
) -> Callable[..., Any]:
    """The function of a statement whose arguments are those of its body: by keyword, but for those
    that the body takes by position."""
    names = _names(body)
    positional = body.__code__.co_argcount

    def in_dialect(dialect: str, scope: Scope) -> Sequence[str]:
        return lines(_compiled(body, names, dialect, scope))

    return _Function(body, in_dialect, names[:positional], names[positional:]).function


def _compiled(
    body: Callable[..., Statement], names: Sequence[str], dialect: str, scope: Scope
) -> Compiled:
    expression = body(**{name: bind(name) for name in names})
    arguments = {name: name for name in names}
    return Compiled(expression, dialect, arguments, scope, lambda: get_type_hints(body))


def _all(compiled: Compiled, made: str) -> tuple[str]:
    """The line that gives all rows, each `made` of ``_v``."""
    found = f"{compiled.sent}.fetchall()"
    return (f"return {found}" if made == "_v" else f"return [{made} for _v in {found}]",)


def one(row: Callable[..., R] | Shaped[R], /) -> Decorator[P, R | None]:
    """The first row, or None."""
    return lambda body: _function(
        body,
        lambda compiled: (
            f"_v = {compiled.sent}.fetchone()",
            f"return None if _v is None else {compiled.row(row)}",
        ),
    )


def many(row: Callable[..., R] | Shaped[R], /) -> Decorator[P, list[R]]:
    """All rows."""
    return lambda body: _function(body, lambda compiled: _all(compiled, compiled.row(row)))


def scalar(kind: type[R], /) -> Decorator[P, R | None]:
    """The only column of the first row, or None."""
    return lambda body: _function(
        body,
        lambda compiled: (
            f"_v = {compiled.sent}.fetchone()",
            f"return None if _v is None else {compiled.only_column(kind)}",
        ),
    )


def scalar_one(kind: type[R], /) -> Decorator[P, R]:
    """The only column of the only row, which there always is: a count, the id of a new row."""
    return lambda body: _function(
        body,
        lambda compiled: (
            f"_v = {compiled.sent}.fetchone()",
            f"return {compiled.only_column(kind)}",
        ),
    )


def scalars(kind: type[R], /) -> Decorator[P, list[R]]:
    """The only column of all rows."""
    return lambda body: _function(body, lambda compiled: _all(compiled, compiled.only_column(kind)))


def change(body: Callable[P, Statement], /) -> Callable[Concatenate[Transaction, P], int]:
    """Runs an insert, update or delete and returns how many rows it touched."""
    return _function(body, lambda compiled: (f"return {compiled.sent}.rowcount",))


def send(body: Callable[P, Statement], /) -> Callable[Concatenate[Transaction, P], None]:
    """Runs a statement whose result nobody waits for: PostgreSQL sends it in the next trip.

    An error of it (a broken constraint, say) comes up at the next result or at the commit.
    """
    return _function(body, lambda compiled: (compiled.sent, "return None"))


def send_many(
    body: Callable[[Record], Statement], /
) -> Callable[[Transaction, Iterable[Record]], None]:
    """Runs a statement once for each record, in bulk; otherwise as `send`.

    The only argument of the body is annotated with the NamedTuple that the records are. It may
    leave out some of their fields.
    """

    def lines(dialect: str, scope: Scope) -> Sequence[str]:
        fields, expression, hints = _of_records(body)
        arguments = {name: f"_v[{number}]" for number, name in enumerate(fields)}
        compiled = Compiled(expression, dialect, arguments, scope, hints, are_optional=True)
        rows = "rows" if compiled.is_plain else f"({compiled.values} for _v in rows)"
        return (f"transaction.execute_many({compiled.named}, {rows})", "return None")

    return _Function(body, lines, ["rows"]).function


def _of_records(
    body: Callable[..., Statement],
) -> tuple[Sequence[str], Statement, Callable[[], dict[str, Any]]]:
    """The fields of a record, what the body makes of their bind parameters, their annotations."""
    if names := getattr(body, "taking", None):
        return names, body(**{name: bind(name) for name in names}), dict
    [record] = (hint for name, hint in get_type_hints(body).items() if name != "return")
    fields = record._fields
    return fields, body(record._make(map(bind, fields))), lambda: get_type_hints(record)


def taking(*names: str) -> Callable[[Callable[..., Statement]], Callable[..., Statement]]:
    """For a body with ``**`` alone, whose arguments have names that only running code can tell.

    Such a statement is called with these keywords, and mypy does not check them; records of
    `send_many` are tuples in the order of the names.
    """

    def named(body: Callable[..., Statement]) -> Callable[..., Statement]:
        body.taking = names  # type: ignore[attr-defined]
        return body

    return named


def lock(body: Callable[P, Statement], /) -> Callable[Concatenate[Transaction, P], None]:
    """Takes row locks (``SELECT ... FOR UPDATE``) before the facts are read.

    Lock and facts must be two statements: under READ COMMITTED a statement that waits for a
    lock still sees what the rows joined to it held before the wait. SQLite has one writer at a
    time, so nothing is sent there; on both it raises ValueError for a key that is None, which
    would lock nothing.
    """
    names = _names(body)
    check = f"if None in ({', '.join(names)},): raise ValueError('None locks nothing')"
    checks = [check] if names else []

    def lines(dialect: str, scope: Scope) -> Sequence[str]:
        if dialect == "sqlite":
            return (*checks, "return None")
        sent = _compiled(body, names, dialect, scope).sent
        return (*checks, f"if transaction.takes_locks: {sent}", "return None")

    return _Function(body, lines, named=names).function


def many_of(row: Callable[..., R] | Shaped[R], /) -> Decorator[P, list[R]]:
    """All rows for a list of keys of any length, at most 500 in one trip.

    The keys are the first argument, a sequence; in the body it is given to ``in_``. Their number
    is rounded up to a power of two, the last being repeated, so that the database knows few texts.
    """
    return lambda body: _of_keys(body, lambda compiled: compiled.row(row))


def scalars_of(kind: type[R], /) -> Decorator[P, list[R]]:
    """The only column of all rows for a list of keys of any length, as `many_of`."""
    return lambda body: _of_keys(body, lambda compiled: compiled.only_column(kind))


def _of_keys(body: Callable[..., Statement], made: Callable[[Compiled], str]) -> Callable[..., Any]:
    names = _names(body)
    keys_name = names[0]

    def lines(dialect: str, scope: Scope) -> Sequence[str]:
        compiled = _compiled(body, names, dialect, scope)
        return _all(compiled, made(compiled))

    statement = _Function(body, lines, named=names).function

    @wraps(body)
    def call(transaction: Transaction, **arguments: Any) -> list[Any]:
        keys: Sequence[Any] = arguments.pop(keys_name)
        found: list[Any] = []
        for start in range(0, len(keys), KEYS_AT_MOST):
            part = list(keys[start : start + KEYS_AT_MOST])
            size = 1 << (len(part) - 1).bit_length()
            part += [part[-1]] * (size - len(part))
            found += statement(transaction, **{keys_name: part}, **arguments)
        return found

    call.__dict__["compile_for"] = statement.__dict__["compile_for"]
    return call


def columns(
    row: Callable[..., Any], *tables: FromClause, **given: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    """The columns of a row, in its order: those `given`, and of the tables those of that name.

    Raises ValueError for a field that no table has, or more than one, and for a name that is no
    field.
    """
    fields = list(getattr(row, "_fields", None) or signature(row).parameters)
    if unknown := given.keys() - set(fields):
        raise ValueError(f"{row} has no {', '.join(sorted(unknown))}")
    return [given[name].label(name) if name in given else _column(name, tables) for name in fields]


def _column(name: str, tables: Sequence[FromClause]) -> ColumnElement[Any]:
    found = [table.c[name] for table in tables if name in table.c]
    if len(found) != 1:
        raise ValueError(f"{name} is a column of {len(found)} tables")
    return found[0]
