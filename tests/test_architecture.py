"""Rules of the house that a machine can hold: no wall clock below the composition root, and
statements of one form."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.sources import ROOT, modules, nodes_of
from tests.walking import each

ENGINES = ("catalogue", "circulation")

#: Calls that read the wall clock. `time.perf_counter` and `time.sleep` measure and wait only.
CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.asctime",
    "time.ctime",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
}
#: The same asked of the database.
SQL_CLOCKS = {"now", "current_timestamp", "current_date", "current_time", "localtimestamp"}
#: What the names of all these end with.
LAST = {clock.rpartition(".")[2] for clock in CLOCKS} | SQL_CLOCKS


def clocks_read(nodes: Iterable[ast.AST]) -> list[str]:
    """Every place in a module that reads, names or imports a wall clock."""
    real: dict[str, str] = {}  # how names of this module are called where they come from
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                real[name.asname or name.name] = name.name
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                real[name.asname or name.name] = f"{node.module}.{name.name}"
    found = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            found += [
                f"line {node.lineno}: {node.module}.{name.name}"
                for name in node.names
                if f"{node.module}.{name.name}" in CLOCKS
            ]
        elif isinstance(node, ast.Attribute) and node.attr in LAST:
            parts = ast.unparse(node).split(".")
            parts[0] = real.get(parts[0], parts[0])
            dotted = ".".join(parts)
            owner, _, last = dotted.rpartition(".")
            called = f"{owner.rpartition('.')[2]}.{last}"
            if called in CLOCKS or (owner.rpartition(".")[2] == "func" and last in SQL_CLOCKS):
                found.append(f"line {node.lineno}: {dotted}")
    return found


@each("path", list(modules(*ENGINES)), lambda path: str(path.relative_to(ROOT)))
def test_the_engines_are_told_the_time(path: Path) -> None:
    assert clocks_read(nodes_of(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nnow = datetime.now()",
        "from datetime import datetime as dt, UTC\nnow = dt.now(UTC)",
        "import datetime\nnow = datetime.datetime.utcnow()",
        "import datetime as d\nnow = d.date.today()",
        "import time\nclock = time.time",
        "import time as t\nclock = t.time()",
        "from time import time as clock\nclock()",
        "from sqlalchemy import func\nfunc.now()",
        "import sqlalchemy as sa\nsa.func.current_timestamp()",
    ],
)
def test_the_rule_finds_clocks(source: str) -> None:
    assert clocks_read(list(ast.walk(ast.parse(source))))


def test_the_rule_lets_the_rest_pass() -> None:
    allowed = (
        "import time\nfrom datetime import datetime, time as of_day\n"
        "time.sleep(1); time.perf_counter(); datetime.fromisoformat('2026-11-25'); of_day(23)\n"
    )
    assert clocks_read(list(ast.walk(ast.parse(allowed)))) == []


def test_there_is_something_to_look_at() -> None:
    assert {path.parent.name for path in modules(*ENGINES)} >= set(ENGINES)
