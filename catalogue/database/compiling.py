"""Expressions of SQLAlchemy Core made into source of Python, once for each kind of database.

Executing an expression spends most of its time deciding again what its SQL is. What is left to do
here is one call of the driver with a tuple of values, and making rows of what it answers. That is
written as source, as dataclasses do for their methods, because calls within Python would cost as
much as all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib import import_module
from inspect import signature
from typing import Any, Final, cast, get_args

from sqlalchemy import BigInteger, Boolean, Date, Insert, String, bindparam
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import NullType, TypeEngine

from catalogue.database.moments import MOMENT_IN, MOMENT_OUT, Moment
from catalogue.database.shapes import Shaped, row_of_rows
from catalogue.generated import OnDemand

_DIALECTS: Final = {
    "sqlite": ("sqlite.pysqlite", "qmark"),
    "postgresql": ("postgresql.psycopg", "format"),
}


def _dialect(name: str) -> Dialect:
    module, style = _DIALECTS[name]
    made: Dialect = import_module(f"sqlalchemy.dialects.{module}").dialect(paramstyle=style)
    return made


#: The names that transactions have for the kinds of databases.
KINDS: Final = tuple(_DIALECTS)
#: By those names; the dialect of a kind is loaded with the first statement for it.
DIALECTS: Final[OnDemand[str, Dialect]] = OnDemand(_dialect)
#: What a parameter is to the database where it meets no column, by its annotation.
_TYPES: Final[dict[Any, type[TypeEngine[Any]]]] = {
    bool: Boolean,
    date: Date,
    datetime: Moment,
    int: BigInteger,
    str: String,
}
#: The names that generated functions see.
Scope = dict[str, Any]


def bind(name: str) -> Any:
    """The bind parameter for an argument of a statement.

    Its name is not the argument's: in an insert SQLAlchemy keeps the names of columns to itself.
    """
    return bindparam(f"p_{name}")


def _text_by_number(compiled: Any, keys: str) -> Callable[[int], str]:
    """The text of a statement for so many keys, of which there are as many parameters."""
    values = dict.fromkeys(compiled.binds)

    @lru_cache
    def text(number: int) -> str:
        of_all = values | {keys: [None] * number}
        return str(compiled.construct_expanded_state(of_all).statement)

    return text


class Compiled:
    """One expression in one dialect: its text, and source of how values go in and come out.

    `arguments` are sources of the values of its parameters (see `bind`), by name; one that is given
    to ``in_`` is a sequence. What the sources need is put into `scope`. `hints` gives their
    annotations, for those that meet no column.
    Raises ValueError where a parameter is not in the expression, unless they `are_optional`, and
    where one of the expression is not given.
    """

    def __init__(
        self,
        expression: ClauseElement,
        dialect: str,
        arguments: Mapping[str, str],
        scope: Scope,
        hints: Callable[[], Mapping[str, Any]],
        *,
        are_optional: bool = False,
    ) -> None:
        self._dialect = DIALECTS[dialect]
        self._scope = scope
        self._arguments = {f"p_{name}": source for name, source in arguments.items()}
        columns = getattr(expression, "exported_columns", None) or ()
        if isinstance(expression, Insert) and not columns:
            # Else the key of the row would be given back, which costs SQLite more than the row.
            expression = expression.inline()
        self._compiled = self._typed(expression, hints)
        self.text = str(self._compiled)
        order = self._compiled.positiontup or []
        unused = self._arguments.keys() - set(order)
        if unused and not are_optional:
            raise ValueError(f"the statement has no parameter {', '.join(unused)}: {self.text}")
        self._labels = [column.key for column in columns]
        self._outward = [_result_processor(column.type, self._dialect) for column in columns]
        self.text, order = self._with_constants(order)
        parts = [self._value(number, name) for number, name in enumerate(order)]
        #: Source of the driver's tuple.
        self.values: Final = f"({', '.join(parts)}{',' if parts else ''})"
        keys = next((name for name in order if self._compiled.binds[name].expanding), None)
        text = self.text if keys is None else _text_by_number(self._compiled, keys)
        #: Source of the text.
        self.named: Final = self._name("text", text) + (
            "" if keys is None else f"(len({self._arguments[keys]}))"
        )

    def _typed(self, expression: ClauseElement, hints: Callable[[], Mapping[str, Any]]) -> Any:
        compiled = cast(Any, expression.compile(dialect=self._dialect))
        untyped = [
            bound
            for name, bound in compiled.binds.items()
            if isinstance(bound.type, NullType) and name in self._arguments
        ]
        if not untyped:
            return compiled
        kinds = {f"p_{name}": _TYPES.get(without_none(hint)) for name, hint in hints().items()}
        for bound in untyped:
            bound.type = (kinds.get(bound.key) or NullType)()
        return expression.compile(dialect=self._dialect)

    def _with_constants(self, order: list[str]) -> tuple[str, list[str]]:
        """The text with its constants written out, and what is left to be given.

        SQLite takes ``?1`` as often as it stands there: fewer values are made and handed over.
        PostgreSQL keeps the plan of a statement only where it expects no better one for the values
        of the day. Where the number of rows is a value, it expects a tenth of all there are; where
        the kind of a row is one, no partial index helps.
        """
        is_numbered = self._dialect.name == "sqlite"
        pieces = self.text.split("?" if is_numbered else "%s")
        if len(pieces) != len(order) + 1:  # there is one within a text
            return self.text, order
        given: list[str] = []
        text = pieces[0]
        for name, piece in zip(order, pieces[1:], strict=True):
            written = None if name in self._arguments else self._literal(name)
            if written is None:
                given += [name] * (not is_numbered or name not in given)
                written = f"?{given.index(name) + 1}" if is_numbered else "%s"
            text += written + piece
        return text, given

    def _literal(self, name: str) -> str | None:
        """A constant as it is written in SQL: a number or a text, which are the same to all."""
        bound = self._compiled.binds[name]
        value: Any = None if bound.required else bound.effective_value
        if _bind_processor(bound.type, self._dialect) is not None:
            return None
        if type(value) is int:
            return str(value)
        if type(value) is not str:
            return None
        text = value.replace("'", "''")
        return f"'{text.replace('%', '%%') if self._dialect.name == 'postgresql' else text}'"

    def _value(self, number: int, name: str) -> str:
        """Source of the value at this place."""
        bound = self._compiled.binds[name]
        process = _bind_processor(bound.type, self._dialect)
        source = self._arguments.get(name)
        if source is None:
            if bound.required:
                raise ValueError(f"the value of {name} is not given: {self.text}")
            value = self._compiled.params[name]
            if process is not None and value is not None:
                value = process(value)
            return self._name(f"constant_{number}", value)
        if process is None:
            return f"*{source}" if bound.expanding else source
        inward = self._name(f"inward_{number}", process)
        if bound.expanding:
            return f"*map({inward}, {source})"
        return f"None if {source} is None else {inward}({source})"

    def _name(self, what: str, value: Any) -> str:
        name = f"_{self._dialect.name}_{what}"
        self._scope[name] = value
        return name

    @property
    def sent(self) -> str:
        """Source of the cursor of the statement that was sent."""
        return f"transaction.execute({self.named}, {self.values})"

    @property
    def is_plain(self) -> bool:
        """Are the values, in their order, what the driver takes?"""
        return self.values == f"({', '.join(self._arguments.values())},)"

    def row(self, row: Callable[..., Any] | Shaped[Any]) -> str:
        """Source of `row` made of ``_v``, the driver's tuple.

        Raises ValueError where the columns are not named as the fields or parameters of the row.
        """
        if not callable(row):
            columns = [self._column(number) for number in range(len(self._outward))]
            return row_of_rows(row.shape(), columns, self._scope, self._dialect.name)
        if (kinds := get_args(row)) and len(kinds) == len(self._labels):
            are_plain = not any(self._outward)
            return "_v" if are_plain else f"({', '.join(map(self._column, range(len(kinds))))},)"
        fields = getattr(row, "_fields", None)
        names = list(fields or signature(row).parameters)
        if names != self._labels:
            raise ValueError(f"{row} needs {names}, not {self._labels}: {self.text}")
        processed = [number for number, process in enumerate(self._outward) if process]
        changed = ", ".join(map(self._column, range(len(names))))
        self._scope["_row"] = row
        if fields is None:
            return f"_row({changed})"
        self._scope["_new"] = tuple.__new__  # what a NamedTuple comes down to
        if not processed:
            return "_new(_row, _v)"
        # Most columns of a joined row are often NULL, which every process leaves as it is.
        are_all_null = " is ".join([*(f"_v[{number}]" for number in processed), "None"])
        return f"_new(_row, _v if {are_all_null} else ({changed},))"

    def only_column(self, kind: type) -> str:
        """Source of the only column of ``_v``, which is of that kind.

        Raises ValueError where there are others.
        """
        if len(self._labels) != 1:
            raise ValueError(f"one column is needed, not {self._labels}: {self.text}")
        self._scope["_row"] = kind
        return self._column(0)

    def _column(self, number: int) -> str:
        process = self._outward[number]
        if process is None:
            return f"_v[{number}]"
        outward = self._name(f"outward_{number}", process)
        return f"None if _v[{number}] is None else {outward}(_v[{number}])"


def without_none(hint: Any) -> Any:
    """``int`` of ``int | None``; any other annotation as it is."""
    kinds = [each for each in get_args(hint) if each is not type(None)]
    return kinds[0] if len(kinds) == 1 and len(get_args(hint)) == 2 else hint


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Moment):
        return MOMENT_IN[dialect.name]
    if isinstance(kind, Boolean):  # both drivers take it as it is
        return None
    return cast("Callable[[Any], Any] | None", kind.dialect_impl(dialect).bind_processor(dialect))


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Moment):
        return MOMENT_OUT[dialect.name]
    return cast(
        "Callable[[Any], Any] | None", kind.dialect_impl(dialect).result_processor(dialect, None)
    )
