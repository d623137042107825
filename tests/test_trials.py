"""What is drawn of the trials: the same by one seed, in time all of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import drawing, trials

FOLDER = Path(__file__).parent
CASES = [f"case {number}" for number in range(10)]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(trials, "_are_whole", False)
    monkeypatch.setenv(trials.SEED, "20270111")
    return monkeypatch


def test_a_seed_draws_the_same_cases_in_their_order(short: pytest.MonkeyPatch) -> None:
    first = trials.drawn("a trial", CASES, 3)
    assert len(first) == 3
    assert first == sorted(first)
    assert trials.drawn("a trial", CASES, 3) == first


def test_other_days_and_other_trials_draw_others(short: pytest.MonkeyPatch) -> None:
    seen = {tuple(trials.drawn(f"trial {number}", CASES, 3)) for number in range(20)}
    assert len(seen) > 5
    days = set()
    for day in range(60):
        short.setenv(trials.SEED, f"{20270111 + day}")
        days |= set(trials.drawn("a trial", CASES, 1))
    assert days == set(CASES)


def test_a_draw_of_all_is_all(short: pytest.MonkeyPatch) -> None:
    assert trials.drawn("a trial", CASES, len(CASES) + 1) == CASES


def test_trials_are_whole_where_that_is_asked_for(short: pytest.MonkeyPatch) -> None:
    short.setattr(trials, "_are_whole", True)
    assert trials.drawn("a trial", CASES, 1) == CASES


@pytest.mark.parametrize("trial", [*trials.TRIALS, *trials.LONG, *trials.ON_BOTH])
def test_what_is_drawn_from_is_there(trial: str) -> None:
    path, _, name = trial.partition("::")
    assert (FOLDER / path).exists()
    assert not name or f"def {name}" in (FOLDER / path).read_text(encoding="utf-8")


class Found:
    """A test as pytest finds it."""

    def __init__(self, nodeid: str, *fixtures: str) -> None:
        self.nodeid = nodeid
        self.fixturenames = fixtures
        kinds = {kind for kind in ("sqlite", "postgresql") if f"[{kind}" in nodeid}
        self.callspec = SimpleNamespace(params=dict.fromkeys(kinds, "".join(kinds)))

    def get_closest_marker(self, name: str) -> None:
        return None


def kept(found: list[Any], asked: str = "tests") -> list[str]:
    out = drawing.left_out(found, asked)
    return [each.nodeid for each in found if each not in out]


def on_both(module: str, number: int) -> list[Any]:
    cases = [f"tests/{module}::test_it[{{}}-{case}]" for case in range(number)]
    return [Found(case.format(kind)) for kind in ("sqlite", "postgresql") for case in cases]


def test_doors_are_tried_on_sqlite_and_partly_on_postgresql(short: pytest.MonkeyPatch) -> None:
    found = on_both("protocols/fbs/test_loans.py", 12)
    left = kept(found)
    assert sum("sqlite" in each for each in left) == 12
    assert sum("postgresql" in each for each in left) == 3
    assert sum("postgresql" in each for each in kept(on_both("protocols/x.py", 500))) == 24


def test_what_is_on_postgresql_alone_is_not_left_out(short: pytest.MonkeyPatch) -> None:
    found = [Found(f"tests/protocols/x.py::test_{number}[postgresql]") for number in range(8)]
    assert len(kept(found)) == 8


@pytest.mark.parametrize(
    "module", ["circulation/fees/test_rules.py", "contracts/test_x.py", *trials.ON_BOTH]
)
def test_engines_money_and_what_happens_twice_are_tried_on_both(
    short: pytest.MonkeyPatch, module: str
) -> None:
    assert len(kept(on_both(module, 12))) == 24


def test_modules_with_a_browser_are_drawn_whole(short: pytest.MonkeyPatch) -> None:
    found: list[Any] = [
        Found(f"tests/protocols/desk/test_{module}.py::test_{number}", "browser")
        for module in range(12)
        for number in range(4)
    ]
    found.append(Found("tests/protocols/desk/test_1.py::test_without"))
    left = kept(found)
    assert found[-1].nodeid in left
    modules = Counter(each.partition("::")[0] for each in left[:-1])
    assert set(modules.values()) == {4}
    assert len(modules) == trials.MODULES["browser"]


def test_of_what_is_long_some_are_drawn(short: pytest.MonkeyPatch) -> None:
    assert len(kept([Found(f"tests/{name}") for name in trials.LONG])) == trials.LONG_DRAWN


@pytest.mark.parametrize("asked", ["tests/protocols", "tests/protocols/fbs/test_loans.py"])
def test_who_names_a_folder_or_module_gets_all_of_it(short: pytest.MonkeyPatch, asked: str) -> None:
    found = on_both("protocols/fbs/test_loans.py", 12)
    assert len(kept(found, asked)) == 24


def test_trials_leave_nothing_out(short: pytest.MonkeyPatch) -> None:
    short.setattr(trials, "_are_whole", True)
    assert len(kept(on_both("protocols/fbs/test_loans.py", 12))) == 24
