"""Which tests `make test` leaves to `make trials`: what `tests.trials` says, of those found.

What is asked for by its path is run whole: a module, or a folder, but not all of them. The tests of
each module are drawn before pytest makes their cases (`tests_left_out`), since it would make three
of four in vain, and each of the workers would; then the cases are (`left_out`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from tests import trials

FOLDER = Path(__file__).parent


def tests_left_out(module: str, tests: Mapping[str, object], asked: str) -> set[str]:
    """Those of a module that are not drawn, cases and all. The module is named by its path below
    this folder; its tests are functions by their names."""
    if trials.are_whole() or _is_asked_for(module, asked):
        return set()
    ruled = trials.WHOLE + (long := _long_left_out())
    found = {name for name in tests if f"{module}::{name}".startswith(long)}
    others = [name for name in tests if _is_one_of_many(f"{module}::{name}", tests[name], ruled)]
    number = _share(len(others), trials.one_of(), trials.TESTS_AT_LEAST)
    return found | set(others).difference(trials.drawn(module, others, number))


def _is_one_of_many(test: str, function: object, ruled: tuple[str, ...]) -> bool:
    """Has the draw no rule for this test itself, by its name or by a mark?"""
    marks = getattr(function, "pytestmark", ())
    return not (
        test.startswith(ruled) or _trial_named(test) or any(mark.name == "drawn" for mark in marks)
    )


def _long_left_out() -> tuple[str, ...]:
    what = "what is long"
    chosen = trials.drawn(what, trials.LONG, trials.few(what, trials.LONG_DRAWN))
    return tuple(each for each in trials.LONG if each not in chosen)


def left_out(items: Sequence[pytest.Item], asked: str) -> set[pytest.Item]:
    """The cases that are not drawn; `asked` are the paths that were asked for."""
    found: set[pytest.Item] = set()
    if trials.are_whole():
        return found
    left = [item for item in items if not _is_asked_for(_module_of(item), asked)]
    for leave in (_of_trials, _of_modules, _of_cases, _of_postgresql):
        found |= leave([item for item in left if item not in found])
    return found


def name_of(item: pytest.Item) -> str:
    """What pytest calls a test, below this folder."""
    return item.nodeid.removeprefix("tests/")


def _test_of(item: pytest.Item) -> str:
    """The same without what tells one of its cases from another."""
    return name_of(item).partition("[")[0]


def _module_of(item: pytest.Item) -> str:
    return name_of(item).partition("::")[0]


def _grouped(
    items: Iterable[pytest.Item], key: Callable[[pytest.Item], str]
) -> dict[str, list[pytest.Item]]:
    """By what the key says; what it says nothing of is in no group."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        if name := key(item):
            groups.setdefault(name, []).append(item)
    return groups


@cache
def _is_asked_for(module: str, asked: str) -> bool:
    """Was this module named, or a folder that it is in?"""
    folders = (str(each) for each in Path(module).parents if str(each) != ".")
    return any(f"tests/{part}" in asked for part in (module, *folders))


@cache
def _trial_named(test: str) -> str:
    return next((trial for trial in trials.TRIALS if test.startswith(trial)), "")


def _trial_of(item: pytest.Item) -> tuple[str, int]:
    """The name of the trial that a test is of, and how many of that are drawn; "" where of none."""
    test = _test_of(item)
    if trial := _trial_named(test):
        return trial, trials.TRIALS[trial]
    mark = item.get_closest_marker("drawn")
    return ("", 0) if mark is None else (test, *mark.args)


def _of_trials(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    found: set[pytest.Item] = set()
    for trial, its in _grouped(items, lambda item: _trial_of(item)[0]).items():
        number = trials.few(trial, _trial_of(its[0])[1])
        found |= set(its).difference(trials.drawn(trial, its, number))
    return found


def _of_modules(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """All but so many of the modules that have a thing which takes long to begin, as a fixture or
    by its name."""
    found: set[pytest.Item] = set()
    for thing, number in trials.MODULES.items():

        def key(item: pytest.Item, thing: str = thing) -> str:
            has = thing in getattr(item, "fixturenames", ()) or hasattr(
                getattr(item, "module", None), f"a_{thing}"
            )
            return _module_of(item) if has and not _trial_of(item)[0] else ""

        modules = _grouped(items, key)
        chosen = trials.drawn(thing, list(modules), trials.few(thing, number))
        for name, its in modules.items():
            if name not in chosen:
                found.update(its)
    return found


def _is_on_postgresql(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    return called is not None and "postgresql" in called.params.values()


def _share(number: int, one_of: int, least: int = 1) -> int:
    """One of so many, and so many at least."""
    return max(least, -(-number // one_of))


def _of_cases(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """Of each test, all but one of so many cases on each database."""

    def key(item: pytest.Item) -> str:
        test = _test_of(item)
        is_on_postgresql = _is_on_postgresql(item)
        is_whole = test.startswith(trials.WHOLE) and (
            not is_on_postgresql or test.startswith(trials.ON_BOTH)
        )
        if is_whole or _trial_of(item)[0]:
            return ""
        return f"{test} on PostgreSQL" if is_on_postgresql else test

    found: set[pytest.Item] = set()
    for test, its in _grouped(items, key).items():
        found.update(set(its).difference(trials.drawn(test, its, _share(len(its), trials.CASES))))
    return found


def _of_postgresql(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """Of each module, all but one of so many of those that run on SQLite as well."""
    on_sqlite = {_test_of(item) for item in items if not _is_on_postgresql(item)}

    def key(item: pytest.Item) -> str:
        test = _test_of(item)
        is_left = _is_on_postgresql(item) and test in on_sqlite
        return _module_of(item) if is_left and not test.startswith(trials.ON_BOTH) else ""

    found: set[pytest.Item] = set()
    for module, its in _grouped(items, key).items():
        number = _share(len(its), trials.ON_POSTGRESQL)
        found.update(set(its).difference(trials.drawn(f"{module} on PostgreSQL", its, number)))
    return found
