"""Put a mutant into this process: its functions get the code of the changed module."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType

from tests.mutants.changes import Changed, read_source
from tests.mutants.rooms import ROOT


def swap(path: str, changed: Changed) -> int:
    """Change all functions that were made of the module; return how many.

    Functions in the permanent generation of the garbage collector are not found.
    """
    pairs = dict(
        _compare(_compile(path, ast.parse(read_source(path))), _compile(path, changed.tree))
    )
    functions = [each for each in gc.get_objects() if isinstance(each, FunctionType)]
    found = [each for each in functions if each.__code__ in pairs]
    for each in found:
        each.__code__ = pairs[each.__code__]
    return len(found) + _swap_defaults(path, changed, functions)


def _compile(path: str, tree: ast.Module) -> CodeType:
    return compile(tree, str(ROOT / path), "exec", dont_inherit=True)


def _compare(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Give the code of each function that differs, with its new code."""
    parts = [
        [each for each in code.co_consts if isinstance(each, CodeType)] for code in (before, after)
    ]
    for old, new in zip(*parts, strict=False):
        if old == new or old.co_qualname != new.co_qualname:
            continue
        # Code with other free variables cannot take the place of the first.
        if old.co_flags & CO_OPTIMIZED and old.co_freevars == new.co_freevars:
            yield old, new
        yield from _compare(old, new)


def _swap_defaults(path: str, changed: Changed, functions: list[FunctionType]) -> int:
    """Change the default values of the parameters of functions."""
    found = 0
    name = changed.name
    before, after = (
        next(_find_function(tree, name)) for tree in (ast.parse(read_source(path)), changed.tree)
    )
    for attribute, defaults in (("__defaults__", "defaults"), ("__kwdefaults__", "kw_defaults")):
        old, new = (getattr(each.args, defaults) for each in (before, after))
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            if one is None or ast.dump(one) == ast.dump(other):
                continue
            for function in functions:
                code = function.__code__
                if (code.co_filename, code.co_qualname) != (str(ROOT / path), name):
                    continue
                found += 1
                if attribute == "__defaults__":
                    values = [*(function.__defaults__ or ())]
                    values[index] = ast.literal_eval(other)
                    function.__defaults__ = tuple(values)
                else:
                    keyword = before.args.kwonlyargs[index].arg
                    function.__kwdefaults__ = {
                        **(function.__kwdefaults__ or {}),
                        keyword: ast.literal_eval(other),
                    }
    return found


def _find_function(tree: ast.AST, name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    head, _, rest = name.partition(".")
    for each in ast.iter_child_nodes(tree):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if each.name != head:
                continue
            if rest and isinstance(each, ast.ClassDef):
                yield from _find_function(each, rest)
            elif not isinstance(each, ast.ClassDef):
                yield each  # a nested function belongs to the one around it
