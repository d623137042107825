"""Mutants: every small change that can be made to the functions of a module."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from tests.mutants.rooms import ROOT

_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CALCULATED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
}
_OTHER_NAME: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
#: Functions of one argument, or of one that matters, that are left out.
_LEFT_OUT: Final = frozenset({"abs", "frozenset", "reversed", "set", "sorted"})
#: Methods that are left out: the object stays as it was.
_LEFT_OUT_METHODS: Final = frozenset(
    {"casefold", "distinct", "limit", "lower", "lstrip", "order_by", "rstrip", "strip", "upper"}
    | {"where"}
)
#: Calls that no test sees here: SQLite has one writer, who needs no locks, and logs are for people.
_LOCKS: Final = ("lock_", "_lock")
_NOT_SEEN: Final = (*_LOCKS, "log.", "_log.")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Mutant(NamedTuple):
    """The change with that number, of those that can be made to a module."""

    room: str
    path: str
    number: int


class Place(NamedTuple):
    """A node of the tree: `field` of its parent holds it, at `index` where that is a list."""

    function: str
    top: ast.FunctionDef | ast.AsyncFunctionDef
    statement: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


class Change(NamedTuple):
    """A change made to a tree: the function, its lines before and after, joined by ``;``."""

    function: str
    was: str
    now: str


class Changed(NamedTuple):
    """A module with one change; `name` is that of the function in the module, `line` that of
    the node, and `others` are where the statement and the function begin."""

    tree: ast.Module
    name: str
    change: Change
    line: int
    others: Sequence[int]


@cache
def read_source(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


@cache
def count_changes(path: str, mentions: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Return the numbers of the changes of a module."""
    wanted = frozenset(mentions)
    return tuple(
        number
        for number, (place, _) in enumerate(_find_changes(ast.parse(read_source(path))))
        if not wanted or wanted & _find_names(place.top)
    )


def make_change(path: str, number: int) -> Changed:
    tree = ast.parse(read_source(path))
    place, node = next(each for n, each in enumerate(_find_changes(tree)) if n == number)
    before = ast.unparse(place.top).splitlines()
    place.put(ast.copy_location(node, place.node))
    ast.fix_missing_locations(tree)
    after = ast.unparse(place.top).splitlines()
    was, now = _compare_lines(before, after)
    # A docstring is on a line that is never run.
    body = place.top.body[1 if ast.get_docstring(place.top, clean=False) is not None else 0 :]
    others = (_line_of(place.statement), *(_line_of(each) for each in body[:1]))
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    change = Change(f"{module}.{place.function}", was, now)
    return Changed(tree, place.function, change, _line_of(place.node), others)


def _line_of(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _compare_lines(before: list[str], after: list[str]) -> tuple[str, str]:
    lines = [*difflib.ndiff(before, after)]
    parts = ([each[2:].strip() for each in lines if each.startswith(sign)] for sign in "-+")
    was, now = ("; ".join(each) for each in parts)
    return was, now


def _find_names(tree: ast.AST) -> frozenset[str]:
    nodes = [*ast.walk(tree)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset(names | {node.attr for node in nodes if isinstance(node, ast.Attribute)})


def _find_changes(tree: ast.Module) -> Iterator[tuple[Place, ast.AST]]:
    for place in _walk_body(tree, "", None):
        for node in _change_node(place):
            yield place, node


def _walk_body(
    scope: ast.AST, name: str, top: ast.FunctionDef | ast.AsyncFunctionDef | None
) -> Iterator[Place]:
    """Walk the functions of a module or a class."""
    for each in getattr(scope, "body", ()):
        if isinstance(each, ast.ClassDef):
            yield from _walk_body(each, f"{name}{each.name}.", top)
        elif isinstance(each, _FUNCTIONS) and not _is_lock(each):
            yield from _walk_function(each, f"{name}{each.name}", each)


def _is_lock(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = [ast.unparse(each) for each in function.decorator_list]
    return "lock" in decorators or function.name.startswith(_LOCKS)


def _walk_function(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    name: str,
    top: ast.FunctionDef | ast.AsyncFunctionDef,
) -> Iterator[Place]:
    """Walk what is run: not decorators, annotations, docstrings and what raises or asserts."""
    for defaults in ("defaults", "kw_defaults"):
        for index, node in enumerate(getattr(function.args, defaults)):
            if isinstance(node, ast.Constant) and top is function:
                yield Place(name, top, function, function.args, defaults, index, node)
    body = [*enumerate(function.body)]
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    for index, statement in body:
        yield from _walk_node(Place(name, top, statement, function, "body", index, statement))


def _walk_node(place: Place) -> Iterator[Place]:
    node = place.node
    if isinstance(node, _FUNCTIONS):
        yield from _walk_function(node, f"{place.function}.{node.name}", place.top)
        return
    if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    yield place
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                at = child if isinstance(child, ast.stmt) else place.statement
                yield from _walk_node(
                    place._replace(statement=at, parent=node, field=field, index=index, node=child)
                )


def _change_node(place: Place) -> Iterator[ast.AST]:
    """Give what may stand in place of a node."""
    node = place.node
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                other = _COMPARED[type(operator)]()
                ops = [*node.ops[:index], other, *node.ops[index + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp():
            for index in range(len(node.values)):
                left = [*node.values[:index], *node.values[index + 1 :]]
                yield left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
        case ast.UnaryOp(ast.Not() | ast.USub()):
            yield node.operand
        case ast.BinOp(op=ast.BitOr()):
            yield node.left
        case ast.BinOp():
            operator = _CALCULATED.get(type(node.op))
            if operator is not None and not _is_text(node.left) and not _is_text(node.right):
                yield ast.BinOp(node.left, operator(), node.right)
        case ast.AugAssign(op=ast.Add() | ast.Sub()):
            operator = _CALCULATED[type(node.op)]
            yield ast.AugAssign(node.target, operator(), node.value)
        case ast.Constant(bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(int()) if not _is_row(place):
            yield ast.Constant(node.value + 1)
        case ast.Constant(str()):
            yield ast.Constant(f"{node.value}X")
        case ast.If() | ast.While():
            yield from _change_condition(node)
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.comprehension():
            for index in range(len(node.ifs)):
                ifs = [*node.ifs[:index], *node.ifs[index + 1 :]]
                yield ast.comprehension(node.target, node.iter, ifs, node.is_async)
        case ast.Expr(ast.Call(func)):
            if not ast.unparse(func).startswith(_NOT_SEEN):
                yield ast.Pass()
        case ast.Call():
            yield from _change_call(node)
        case ast.Return() if node.value is not None and not isinstance(node.value, ast.Constant):
            yield from _change_answer(place.top, node)
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()


def _is_row(place: Place) -> bool:
    """Return whether the number is that of `select(1)`, which asks only whether there is a row."""
    return isinstance(place.parent, ast.Call) and ast.unparse(place.parent.func) == "select"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _change_condition(node: ast.If | ast.While) -> Iterator[ast.AST]:
    if isinstance(node, ast.If):
        yield ast.If(ast.Constant(True), node.body, node.orelse)
        yield ast.If(ast.Constant(False), node.body, node.orelse)
    else:
        yield ast.While(ast.Constant(False), node.body, node.orelse)


def _change_call(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(name) if name in _OTHER_NAME:
            yield ast.Call(ast.Name(_OTHER_NAME[name], ast.Load()), node.args, node.keywords)
        case ast.Name(name) if name in _LEFT_OUT and len(node.args) == 1:
            yield ast.Call(ast.Name("list", ast.Load()), node.args, [])
        case ast.Attribute(value, name) if name in _LEFT_OUT_METHODS:
            yield value
            for index in range(len(node.args) if len(node.args) > 1 else 0):
                args = [*node.args[:index], *node.args[index + 1 :]]
                yield ast.Call(node.func, args, node.keywords)
    for index, keyword in enumerate(node.keywords):
        if keyword.arg in (None, "strict"):  # `strict` of `zip` asserts something
            continue
        others = [*node.keywords[:index], *node.keywords[index + 1 :]]
        if isinstance(keyword.value, ast.Constant):
            yield ast.Call(node.func, node.args, others)
        else:
            nothing = ast.keyword(keyword.arg, ast.Constant(None))
            yield ast.Call(node.func, node.args, [*others, nothing])


def _change_answer(
    function: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.Return
) -> Iterator[ast.AST]:
    is_yes_or_no = isinstance(function.returns, ast.Name) and function.returns.id == "bool"
    for value in (True, False) if is_yes_or_no else (None,):
        yield ast.Return(ast.Constant(value))
