"""The private names of Twisted that our code stands on: these, and no others.

A class of ours that derives from one of Twisted's shares its attributes: what it reads, and what it
overrides without meaning to, is found by their names.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.tcp import Server

from tests.sources import modules, name_of, text_of, tree_of

#: The class of ours, the class of Twisted's, and what of it is used.
USED: dict[str, tuple[type, set[str]]] = {
    # Answers are sent at the end of a turn, for which its own loop is replaced.
    "protocols.hosting.reactor.TurnReactor": (
        EPollReactor,
        {"_doReadOrWrite", "_poller", "_selectables", "_writes"},
    ),
    # A connection that another process goes on with is closed and not shut down.
    "protocols.hosting.reactor.Accepted": (Server, {"_shouldShutdown"}),
}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def private_names(tree: ast.AST) -> set[str]:
    """The private names that a piece of code reads, sets or defines."""
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    if isinstance(tree, ast.ClassDef):
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if is_private(name)}


@cache
def names_of(kind: type) -> set[str]:
    """The private names of a class of Twisted's and of those it derives from."""
    found: set[str] = set()
    for each in kind.__mro__:
        if each.__module__.startswith("twisted."):
            found |= private_names(
                ast.parse(inspect.cleandoc("\n" + inspect.getsource(each))).body[0]
            )
            found |= {f"_{each.__name__}{name}" for name in found if name.startswith("__")}
    return found


def of_twisted() -> Iterator[tuple[str, ast.Module]]:
    """Those of ours that import Twisted."""
    for path in modules("protocols"):
        if "twisted" in text_of(path):
            yield name_of(path), tree_of(path)


def shared_names() -> Iterator[tuple[str, set[str]]]:
    """Each class of ours that derives from one of Twisted's, with the names that it shares."""
    for module, tree in of_twisted():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                kind = getattr(import_module(module), node.name, None)
                if isinstance(kind, type):
                    shared = private_names(node) & names_of(kind)
                    if shared:
                        yield f"{module}.{node.name}", shared


def test_private_names_that_our_classes_share_with_twisteds() -> None:
    assert dict(shared_names()) == {name: used for name, (_, used) in USED.items()}


@pytest.mark.parametrize("name", USED)
def test_the_names_that_are_used_are_there_still(name: str) -> None:
    kind, used = USED[name]
    assert used <= names_of(kind)


def test_nothing_private_is_imported_or_taken_from_elsewhere() -> None:
    """Of an object that is not `self`, a private name is one that the same module defines."""
    for module, tree in of_twisted():
        defined = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        } | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and is_private(node.attr):
                is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
                is_super = isinstance(node.value, ast.Call) and ast.unparse(node.value) == "super()"
                tuples = {"_asdict", "_fields", "_make", "_replace"}
                assert is_own or is_super or node.attr in defined | tuples, (module, node.attr)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("twisted"):
                parts = (node.module or "").split(".") + [name.name for name in node.names]
                assert not any(map(is_private, parts)), (module, parts)
