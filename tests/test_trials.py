"""What is drawn of the trials: the same by one seed, in time all of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import drawing, trials
from tests.walking import each

FOLDER = Path(__file__).parent
CASES = [f"case {number}" for number in range(10)]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(trials, "_are_whole", False)
    monkeypatch.setenv(trials.SEED, "20270111")
    monkeypatch.setenv(trials.ONE_OF, f"{trials.TESTS}")
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


@each("trial", [*trials.TRIALS, *trials.LONG, *trials.WHOLE, *trials.ON_BOTH], str)
def test_what_is_drawn_from_is_there(trial: str) -> None:
    path, _, name = trial.partition("::")
    assert list(FOLDER.glob(f"{path}*"))
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
    """What is left: tests are drawn first, and then cases of theirs."""
    modules: dict[str, dict[str, object]] = {}
    for item in found:
        module, test = named(item)
        modules.setdefault(module, {})[test] = None
    without = {module: drawing.tests_left_out(module, modules[module], asked) for module in modules}
    items = [item for item in found if named(item)[1] not in without[named(item)[0]]]
    out = drawing.left_out(items, asked)
    return [item.nodeid for item in items if item not in out]


def named(item: Any) -> tuple[str, str]:
    """Its module and its test."""
    module, _, test = item.nodeid.removeprefix("tests/").partition("::")
    return module, test.partition("[")[0]


def on_both(module: str, tests: int, cases: int = 1) -> list[Any]:
    """So many tests of a module, with so many cases on each database."""
    return [
        Found(f"tests/{module}::test_{test}[{kind}-{case}]")
        for test in range(tests)
        for kind in ("sqlite", "postgresql")
        for case in range(cases)
    ]


def counted(left: list[str]) -> dict[str, int]:
    return {kind: sum(kind in name for name in left) for kind in ("sqlite", "postgresql")}


def test_of_each_module_one_of_six_tests_is_drawn_and_two_at_least(
    short: pytest.MonkeyPatch,
) -> None:
    for tests, number in ((1, 1), (2, 2), (3, 2), (12, 2), (13, 3), (40, 7)):
        found: list[Any] = [Found(f"tests/circulation/x.py::test_{test}") for test in range(tests)]
        assert len(kept(found)) == number


def test_where_one_of_one_is_drawn_each_test_is_tried(short: pytest.MonkeyPatch) -> None:
    short.setenv(trials.ONE_OF, "1")
    assert counted(kept(on_both("circulation/loans/x.py", 40, 16))) == {
        "sqlite": 80,
        "postgresql": 20,
    }
    assert trials.again() == "TIRO_TESTS_SEED=20270111 TIRO_TESTS_ONE_OF=1"


@pytest.mark.parametrize("said", ["0", "-1", "all", "", "1.5"])
def test_of_how_many_is_a_number(short: pytest.MonkeyPatch, said: str) -> None:
    short.setenv(trials.ONE_OF, said)
    with pytest.raises(pytest.UsageError, match="whole number"):
        trials.begin(are_whole=False)


def test_of_each_of_them_one_of_eight_cases_is_drawn(short: pytest.MonkeyPatch) -> None:
    for cases, number in ((1, 1), (7, 1), (8, 1), (9, 2), (64, 8)):
        found: list[Any] = [
            Found(f"tests/circulation/x.py::test_it[{case}]") for case in range(cases)
        ]
        assert len(kept(found)) == number


def test_in_time_each_test_of_a_module_is_drawn(short: pytest.MonkeyPatch) -> None:
    found: list[Any] = [Found(f"tests/circulation/x.py::test_{test}") for test in range(12)]
    left = set()
    for day in range(60):
        short.setenv(trials.SEED, f"{20270111 + day}")
        left |= set(kept(found))
    assert len(left) == 12


def test_one_of_four_is_tried_on_postgresql_as_well(short: pytest.MonkeyPatch) -> None:
    for module in ("circulation/loans/x.py", "protocols/fbs/x.py"):
        assert counted(kept(on_both(module, 48))) == {"sqlite": 8, "postgresql": 2}
        assert counted(kept(on_both(module, 48, 10))) == {"sqlite": 16, "postgresql": 4}
        assert counted(kept(on_both(module, 1))) == {"sqlite": 1, "postgresql": 1}


def test_what_is_on_postgresql_alone_is_not_left_out(short: pytest.MonkeyPatch) -> None:
    found = [Found(f"tests/protocols/x.py::test_{number}[postgresql]") for number in range(32)]
    assert len(kept(found)) == 6


@each("module", trials.ON_BOTH, str)
def test_money_and_what_happens_twice_are_tried_on_both(
    module: str, short: pytest.MonkeyPatch
) -> None:
    left = counted(kept(on_both(module, 12)))
    assert left["postgresql"] == left["sqlite"] >= 2


@each("module", trials.WHOLE, str)
def test_what_walks_a_table_is_walked_to_its_end(module: str, short: pytest.MonkeyPatch) -> None:
    assert counted(kept(on_both(module, 3, 40)))["sqlite"] == 120


def test_money_is_whole_on_both(short: pytest.MonkeyPatch) -> None:
    left = kept(on_both("circulation/ledger/test_payments.py", 3, 40))
    assert counted(left) == {"sqlite": 120, "postgresql": 120}


def test_modules_with_a_browser_are_drawn(short: pytest.MonkeyPatch) -> None:
    found: list[Any] = [
        Found(f"tests/protocols/desk/test_{module}.py::test_with", "browser")
        for module in range(12)
    ]
    found.append(Found("tests/protocols/desk/test_1.py::test_without"))
    left = kept(found)
    assert found[-1].nodeid in left
    modules = Counter(name.partition("::")[0] for name in left[:-1])
    assert set(modules.values()) == {1}
    assert len(modules) == trials.MODULES["browser"] / 2


def test_of_what_is_long_some_are_drawn(short: pytest.MonkeyPatch) -> None:
    found: list[Any] = [Found(f"tests/{name}") for name in trials.LONG]
    assert len(kept(found)) == trials.LONG_DRAWN / 2
    short.setenv(trials.ONE_OF, "1")
    assert len(kept(found)) == trials.LONG_DRAWN


def test_a_single_trial_is_drawn_every_other_day_and_each_day_in_ci(
    short: pytest.MonkeyPatch,
) -> None:
    found: list[Any] = [Found(f"tests/test_crash.py::test_{number}") for number in range(3)]
    drawn = Counter[int]()
    for day in range(60):
        short.setenv(trials.SEED, f"{20270111 + day}")
        short.setenv(trials.ONE_OF, f"{trials.TESTS}")
        drawn[len(kept(found))] += 1
        short.setenv(trials.ONE_OF, "1")
        assert len(kept(found)) == 1
    assert drawn.keys() == {0, 1}
    assert 20 <= drawn[0] <= 40


@pytest.mark.parametrize("asked", ["tests/protocols", "tests/protocols/fbs/test_loans.py"])
def test_who_names_a_folder_or_module_gets_all_of_it(short: pytest.MonkeyPatch, asked: str) -> None:
    assert len(kept(on_both("protocols/fbs/test_loans.py", 3, 40), asked)) == 240


@each("trial", [*trials.TRIALS, *trials.LONG], str)
def test_who_names_what_is_long_gets_all_of_it(trial: str, short: pytest.MonkeyPatch) -> None:
    path, _, test = trial.partition("::")
    module = f"tests/{path}test_it.py" if path.endswith("/") else f"tests/{path}"
    found: list[Any] = [Found(f"{module}::{test}[{case}]") for case in range(20)]
    asked = f"tests/{path}".rstrip("/")
    assert len(kept(found, asked)) == 20


def test_of_what_is_marked_as_a_trial_the_mark_says_how_many_are_drawn(
    short: pytest.MonkeyPatch,
) -> None:
    @pytest.mark.drawn(2)
    def test_of_many_cases() -> None: ...

    tests: dict[str, object] = {f"test_{number}": None for number in range(40)}
    tests["test_of_many_cases"] = test_of_many_cases
    left = drawing.tests_left_out("circulation/x.py", tests, "tests")
    assert "test_of_many_cases" not in left
    assert len(left) == 33


def test_trials_leave_nothing_out(short: pytest.MonkeyPatch) -> None:
    short.setattr(trials, "_are_whole", True)
    assert len(kept(on_both("protocols/fbs/test_loans.py", 3, 40))) == 240
