"""The shape of the code, as far as a machine can hold it: sizes of functions, imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from tests.sources import PACKAGES, ROOT, modules, name_of, nodes_of, tree_of

#: The most lines of a function, and the most parameters; complexity is for the linter.
MOST_OF_A_FUNCTION, MOST_PARAMETERS = 60, 6
#: Functions with more, and why.
MORE_PARAMETERS: dict[str, str] = {
    "catalogue.items.add_item": "the columns of an item, most of which nobody gives",
    "circulation.callers.terminals._terminal": "the columns of a row",
    "protocols.commands.asking.described.described": "all that a command is described by",
    "circulation.patrons.blocks.block_patron": "whose block it is, why, and until when",
}
#: What makes a statement of a function: its parameters are the columns of a row.
STATEMENTS = {"change", "lock", "many", "many_of", "one", "scalar", "scalar_one", "scalars", "send"}


def functions(*folders: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with the name of its module before its own; migrations are never changed."""
    for path in (path for path in modules(*folders) if path.parent.name != "versions"):
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name_of(path)}.{node.name}", node


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Are its parameters the options of a command?"""
    decorators = map(ast.unparse, function.decorator_list)
    return any(each.startswith("click.") or ".command(" in each for each in decorators)


def test_functions_are_short_enough_to_be_seen_at_once() -> None:
    found = {}
    for name, function in functions(*PACKAGES):
        last = function.end_lineno or function.lineno
        if last - function.lineno < MOST_OF_A_FUNCTION:
            continue
        first = function.body[0].lineno if is_command(function) else function.lineno
        if last - first >= MOST_OF_A_FUNCTION:
            found[name] = last - first + 1
    assert found == {}


def is_statement(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Are its parameters the values of a statement?"""
    decorators = (ast.unparse(each) for each in function.decorator_list)
    return any(each.partition("(")[0] in STATEMENTS for each in decorators)


def test_functions_have_few_parameters() -> None:
    """The linter counts them too where a room has neither commands nor statements."""
    found = {}
    for name, function in functions(*PACKAGES):
        given = function.args
        own = {"self", "cls"} & {each.arg for each in given.args[:1]}
        number = len([*given.posonlyargs, *given.args, *given.kwonlyargs]) - len(own)
        if number > MOST_PARAMETERS and not (is_command(function) or is_statement(function)):
            found[name] = number
    assert {name: number for name, number in found.items() if name not in MORE_PARAMETERS} == {}
    assert set(MORE_PARAMETERS) <= set(found), "no longer more: take it off the list"


def imported_by(path: Path, known: frozenset[str]) -> set[str]:
    """The modules of ours that one imports anywhere, for its types alone too."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                found.add(whole if whole in known else node.module)
    return (found & known) - {name_of(path)}


def circles(imports: dict[str, set[str]]) -> set[frozenset[str]]:
    """The sets of modules of which each can be reached from each (Tarjan's algorithm)."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    found: set[frozenset[str]] = set()

    def visit(module: str) -> None:
        numbers[module] = lowest[module] = len(numbers)
        open_.append(module)
        for other in imports[module]:
            if other not in numbers:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in open_:
                lowest[module] = min(lowest[module], numbers[other])
        if lowest[module] == numbers[module]:
            start = open_.index(module)
            members = frozenset(open_[start:])
            del open_[start:]
            if len(members) > 1:
                found.add(members)

    for module in imports:
        if module not in numbers:
            visit(module)
    return found


def test_modules_do_not_import_each_other() -> None:
    paths = {name_of(path): path for path in modules(*PACKAGES)}
    known = frozenset(paths)
    found = circles({name: imported_by(path, known) for name, path in paths.items()})
    assert [sorted(circle) for circle in found] == []


def where_they_part(module: str, other: str) -> tuple[Path, Path]:
    """The first folders, or modules, on the ways to two modules that are not the same."""
    one, two = module.split("."), other.split(".")
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    return ROOT.joinpath(*one[: same + 1]), ROOT.joinpath(*two[: same + 1])


@pytest.mark.parametrize("room", ["catalogue", "circulation", "protocols"])
def test_folders_beside_each_other_do_not_import_each_other(room: str) -> None:
    paths = {name_of(path): path for path in modules(room)}
    known = frozenset(paths)
    imports: dict[str, set[str]] = {}
    for name, path in paths.items():
        for other in imported_by(path, known):
            one, two = where_they_part(name, other)
            if one.is_dir() and two.is_dir():
                imports.setdefault(str(one), set()).add(str(two))
                imports.setdefault(str(two), set())
    assert [sorted(circle) for circle in circles(imports)] == []


def test_the_rule_finds_circles() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}
    assert circles(imports) == {frozenset({"b", "c"})}


@pytest.mark.parametrize(
    "path",
    [path for path in modules("catalogue", "circulation") if path.name == "schema.py"],
    ids=lambda path: name_of(path),
)
def test_foreign_keys_name_columns(path: Path) -> None:
    """Whoever imports one schema gets the tables that it refers to as well, and with them the
    types of its columns. A table can refer to itself by name alone."""
    for node in tree_of(path).body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        for call in ast.walk(node.value):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "ForeignKey":
                to = call.args[0]
                if isinstance(to, ast.Constant):
                    assert str(to.value).partition(".")[0] == ast.unparse(node.targets[0])
