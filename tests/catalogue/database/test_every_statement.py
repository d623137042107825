"""Every statement of the engines compiles for both databases, and says the types of its columns."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from inspect import signature
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from sqlalchemy import Date, String
from sqlalchemy.types import NullType

from catalogue.database import Moment
from catalogue.database.compiling import DIALECTS, KINDS, bind, without_none
from tests.walking import each

ROOT = Path(__file__).parents[3]
#: Types that stand for what is stored as another.
STORED_AS = {bytearray: bytes, memoryview: bytes}


def found_in(statement: Any, module: str) -> bool:
    return hasattr(statement, "compile_for") and statement.__module__ == module


def statements() -> Iterator[tuple[str, Any]]:
    """Names and statements of modules, but for those whose arguments only running code can tell."""
    for package in ("catalogue", "circulation"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "versions" in path.parts or path.name == "env.py":
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for found in vars(importlib.import_module(name.removesuffix(".__init__"))).values():
                if found_in(found, name) and not hasattr(found.__wrapped__, "taking"):
                    yield f"{name}.{found.__name__}", found


def kind_of(hint: Any) -> Any:
    """``int`` of ``int | None`` and of ``Sequence[int]``."""
    kind = without_none(hint)
    return get_args(kind)[0] if get_origin(kind) and get_args(kind) else kind


def wrong(told: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, str]:
    """Where what is told of a name is not the type that the database has for it."""
    found = {}
    for name, hint in told.items():
        kind, stored = kind_of(hint), types.get(name)
        if stored is None or isinstance(stored, NullType):
            continue
        python = datetime if isinstance(stored, Moment) else stored.python_type
        if python is list:
            python = stored.item_type.python_type
        is_known = kind in (bool, bytes, date, datetime, float, int, str)
        if is_known and STORED_AS.get(python, python) is not kind:
            found[name] = f"{hint} for {stored!r}"
    return found


@each("name statement", list(statements()), lambda case: case[0])
def test_it_compiles_and_its_types_are_those_of_the_columns(name: str, statement: Any) -> None:
    for dialect in KINDS:
        made = statement.compile_for(dialect)
    body, row = statement.__wrapped__, made.__globals__.get("_row")
    hints = get_type_hints(body)
    hints.pop("return")
    record = next((hint for hint in hints.values() if hasattr(hint, "_fields")), None)
    if record is not None:
        expression = body(record._make(map(bind, record._fields)))
        hints = get_type_hints(record)
    else:
        expression = body(**{name: bind(name) for name in signature(body).parameters})
    binds = expression.compile(dialect=DIALECTS["postgresql"]).binds
    assert wrong(hints, {name[2:]: bound.type for name, bound in binds.items()}) == {}
    columns = {column.key: column.type for column in getattr(expression, "exported_columns", ())}
    if row in (bool, bytes, date, datetime, float, int, str):
        assert wrong(dict.fromkeys(columns, row), columns) == {}
    elif row is not None:
        assert wrong(get_type_hints(row), columns) == {}


def test_the_rule_finds_wrong_types() -> None:
    types = {"name": String(), "due": Moment(), "on": Date()}
    told = {"name": int, "due": date, "on": datetime | None}
    assert wrong(told, types).keys() == told.keys()
    assert wrong({"name": str | None, "due": datetime, "on": date}, types) == {}
