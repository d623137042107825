"""Tiro's own modules as what Python parses them to, for the tests that walk over all of them.

Each worker reads a module once. What is read stays to the end, so the search for garbage is not to
follow a million nodes again and again: that takes three times as long as to read them.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("catalogue", "circulation", "protocols")


def modules(*folders: str) -> Iterator[Path]:
    """All files of Python below these folders of the checkout, in order."""
    for folder in folders:
        yield from _below(folder)


@cache
def _below(folder: str) -> Sequence[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def tree_of(path: Path) -> ast.Module:
    return _parsed(path)[0]


def nodes_of(path: Path) -> Sequence[ast.AST]:
    """What `ast.walk` gives of a module, in its order."""
    return _parsed(path)[1]


@cache
def _parsed(path: Path) -> tuple[ast.Module, Sequence[ast.AST]]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        tree = ast.parse(text_of(path))
        return tree, tuple(ast.walk(tree))
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
