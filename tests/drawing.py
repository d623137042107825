"""Which tests `make test` leaves to `make trials`: what `tests.trials` says, of those found.

What is asked for by its path is run whole: a module, or a folder, but not all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from tests import trials

FOLDER = Path(__file__).parent


def left_out(items: Sequence[pytest.Item], asked: str) -> set[pytest.Item]:
    """Those that are not drawn; `asked` are the paths that were asked for."""
    found: set[pytest.Item] = set()
    if trials.are_whole():
        return found
    for leave in (_of_trials, _of_long, _of_modules, _of_doors):
        found |= leave([item for item in items if item not in found], asked)
    return found


def name_of(item: pytest.Item) -> str:
    """What pytest calls a test, below this folder."""
    return item.nodeid.removeprefix("tests/")


def _grouped(
    items: Iterable[pytest.Item], key: Callable[[pytest.Item], str]
) -> dict[str, list[pytest.Item]]:
    """By what the key says; what it says nothing of is in no group."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        if name := key(item):
            groups.setdefault(name, []).append(item)
    return groups


def _is_asked_for(path: str, asked: str) -> bool:
    """Was this module or folder named, or the folder that it is in?"""
    path = path.partition("::")[0].rstrip("/")
    return any(
        f"tests/{part}" in asked
        for part in (path, *(str(each) for each in Path(path).parents if str(each) != "."))
    )


def _rest(what: str, its: Sequence[pytest.Item], number: int) -> set[pytest.Item]:
    return set(its).difference(trials.drawn(what, its, number))


def _trial_of(item: pytest.Item) -> tuple[str, int]:
    """The name of the trial that a test is of, and how many of that are drawn; "" where of none."""
    name = name_of(item)
    for trial, number in trials.TRIALS.items():
        if name.startswith(trial):
            return trial, number
    mark = item.get_closest_marker("drawn")
    return ("", 0) if mark is None else (name.partition("[")[0], *mark.args)


def _of_trials(items: Sequence[pytest.Item], asked: str) -> set[pytest.Item]:
    found: set[pytest.Item] = set()
    for trial, its in _grouped(items, lambda item: _trial_of(item)[0]).items():
        if trial.partition("::")[0].rstrip("/") not in asked:
            found |= _rest(trial, its, _trial_of(its[0])[1])
    return found


def _of_long(items: Sequence[pytest.Item], asked: str) -> set[pytest.Item]:
    chosen = trials.drawn("what is long", trials.LONG, trials.LONG_DRAWN)
    others = tuple(each for each in trials.LONG if each not in chosen)
    return {
        item
        for item in items
        if name_of(item).startswith(others) and not _is_asked_for(name_of(item), asked)
    }


def _of_modules(items: Sequence[pytest.Item], asked: str) -> set[pytest.Item]:
    found: set[pytest.Item] = set()
    for fixture, number in trials.MODULES.items():
        modules = _grouped(
            (item for item in items if fixture in getattr(item, "fixturenames", ())),
            lambda item: name_of(item).partition("::")[0],
        )
        modules = {name: its for name, its in modules.items() if not _is_asked_for(name, asked)}
        chosen = trials.drawn(fixture, list(modules), number)
        for name, its in modules.items():
            if name not in chosen:
                found.update(its)
    return found


def _door_of(item: pytest.Item) -> str:
    """The module of a test on PostgreSQL that may be left to SQLite; "" of any other."""
    name = name_of(item)
    is_of_door = name.startswith(trials.DOORS) and not name.startswith(trials.ON_BOTH)
    called = getattr(item, "callspec", None)
    is_on_postgresql = called is not None and "postgresql" in called.params.values()
    return name.partition("::")[0] if is_of_door and is_on_postgresql else ""


def _of_doors(items: Sequence[pytest.Item], asked: str) -> set[pytest.Item]:
    ids = {item.nodeid for item in items}
    found: set[pytest.Item] = set()
    for module, its in _grouped(items, _door_of).items():
        if _is_asked_for(module, asked):
            continue
        twins = [item for item in its if item.nodeid.replace("postgresql", "sqlite", 1) in ids]
        number = min(trials.AT_MOST, -(-len(twins) // trials.ONE_OF))
        found |= _rest(f"{module} on PostgreSQL", twins, number)
    return found
