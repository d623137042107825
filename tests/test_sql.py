"""SQL is written in the source, and what comes from outside reaches it as a parameter only.

ruff's S608 knows SQL by its words. This rule knows it by where it goes: whatever is given to a
method that runs SQL, or to `text`, is a constant or an expression of SQLAlchemy, never a text that
was put together.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import PACKAGES, ROOT, modules
from tests.walking import each

#: Methods of connections and transactions that run a text, and SQLAlchemy's own door for texts.
RUNNING = {"execute", "executemany", "executescript", "exec_driver_sql", "text", "literal_column"}
CALLED = re.compile(rf"\b({'|'.join(sorted(RUNNING))})\s*\(")
#: Modules that are not looked at, each with the reason.
EXCEPTED = {
    "catalogue/database/sessions.py": "DEALLOCATE takes no parameter, and the name is our own",
    "catalogue/database/migrations/versions": "fixed names of tables; a migration sees no input",
    "catalogue/visibility.py": "kinds of a table in the module itself",
}


def sources() -> Iterator[Path]:
    for path in modules(*PACKAGES):
        name = str(path.relative_to(ROOT))
        if not any(name.startswith(excepted) for excepted in EXCEPTED):
            yield path


def _is_constant(node: ast.expr) -> bool:
    """A constant of a module by its name, the value of a member of an enumeration, or a number."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("int", "round")
    if isinstance(node, ast.Attribute):
        return node.attr == "value" or node.attr.isupper()
    return isinstance(node, ast.Name) and node.id.isupper()


def _is_number(form: ast.expr) -> bool:
    """A format that takes numbers alone: ``d``, ``.0f``."""
    return isinstance(form, ast.JoinedStr) and [
        part.value for part in form.values if isinstance(part, ast.Constant)
    ] in (["d"], [".0f"])


def _is_put_together(node: ast.expr) -> bool:
    """An f-string, a sum or a remainder of texts, `format`, `join` or `replace`."""
    if isinstance(node, ast.JoinedStr):
        return any(
            isinstance(part, ast.FormattedValue)
            and not _is_constant(part.value)
            and not (part.format_spec and _is_number(part.format_spec))
            for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(
            _is_put_together(side)
            or (isinstance(side, ast.Constant) and isinstance(side.value, str))
            for side in (node.left, node.right)
        ) and not (isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant))
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("format", "join", "replace")
        and isinstance(node.func.value, ast.Constant | ast.JoinedStr)
    )


def put_together(source: str) -> list[str]:
    """Every place where a text that was put together is run."""
    if not CALLED.search(source):
        return []  # most modules run none, and to look is much less work than to parse
    tree = ast.parse(source)
    made = {  # names that hold such a text
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_put_together(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        called = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else node.func.id
            if isinstance(node.func, ast.Name)
            else ""
        )
        first = node.args[0]
        if called in RUNNING and (
            _is_put_together(first) or (isinstance(first, ast.Name) and first.id in made)
        ):
            found.append(f"line {node.lineno}: {ast.unparse(node)[:80]}")
    return found


@each("path", list(sources()), lambda path: str(path.relative_to(ROOT)))
def test_no_statement_is_put_together(path: Path) -> None:
    assert put_together(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'connection.execute(f"SELECT * FROM items WHERE barcode = {given}")',
        'connection.execute("SELECT * FROM items WHERE barcode = " + given)',
        'connection.exec_driver_sql("SELECT %s" % given)',
        'text("SELECT {}".format(given))',
        'sa.text(f"{given}")',
        'query = f"DELETE FROM {given}"\ntransaction.execute(query)',
    ],
)
def test_the_rule_finds_it(source: str) -> None:
    assert put_together(source)


@pytest.mark.parametrize(
    "source",
    [
        'connection.execute("SELECT 1 WHERE a = ?", (given,))',
        "connection.execute(select(items).where(items.c.barcode == given))",
        'text("SELECT 1 " "AND 2")',
        'print(f"{given}")',
    ],
)
def test_the_rule_lets_the_rest_pass(source: str) -> None:
    assert put_together(source) == []
