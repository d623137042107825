"""``make mutants``: what can be changed, what is drawn, how a change gets into a process, and the
list of survivors."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutants.__main__ import KNOWN, draw, read_reasons
from tests.mutants.changes import Mutant, count_changes, make_change
from tests.mutants.plugin import NO_END, SECONDS, Reached, choose_tests, find_first_to_see
from tests.mutants.rooms import ROOMS, ROOT, TESTS
from tests.mutants.swapping import swap

MODULE = """
def first(numbers, most=3, *, is_strict=False):
    \"\"\"Not changed.\"\"\"
    if not numbers:
        return None
    if is_strict and len(numbers) > most:
        raise ValueError(f"more than {most}")
    return min(sorted(numbers)[:most])


class Sum:
    def __init__(self):
        self.parts = []
        self.parts.append(1)

    def has_any(self) -> bool:
        return any(each for each in self.parts if each > 0)
"""
#: Some of the changes: (before, after).
CHANGES = {
    ("def first(numbers, most=3, *, is_strict=False):",
     "def first(numbers, most=4, *, is_strict=False):"),
    ("def first(numbers, most=3, *, is_strict=False):",
     "def first(numbers, most=3, *, is_strict=True):"),
    ("if not numbers:", "if numbers:"),
    ("if not numbers:", "if False:"),
    ("if is_strict and len(numbers) > most:", "if len(numbers) > most:"),
    ("if is_strict and len(numbers) > most:", "if is_strict and len(numbers) >= most:"),
    ("return min(sorted(numbers)[:most])", "return max(sorted(numbers)[:most])"),
    ("return min(sorted(numbers)[:most])", "return min(list(numbers)[:most])"),
    ("return min(sorted(numbers)[:most])", "return None"),
    ("self.parts.append(1)", "pass"),
    ("self.parts.append(1)", "self.parts.append(2)"),
    ("return any((each for each in self.parts if each > 0))", "return True"),
    ("return any((each for each in self.parts if each > 0))",
     "return any((each for each in self.parts))"),
}  # fmt: skip


def test_the_same_seed_draws_the_same() -> None:
    mutants = [Mutant("staff", "m.py", number) for number in range(50)]
    assert draw(mutants, 10, 1) == draw(mutants[::-1], 10, 1)
    assert draw(mutants, 10, 1) != draw(mutants, 10, 2)
    assert draw(mutants, 100, 1) == mutants


def test_each_change_is_made_to_the_functions_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "changed.py"
    path.write_text(MODULE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("changed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    changes = {n: make_change(str(path), n) for n in count_changes(str(path))}
    by_text = {(each.change.was, each.change.now): each for each in changes.values()}
    assert by_text.keys() >= CHANGES
    assert not any("Not changed" in was or "more than" in was for was, _ in by_text)
    strict, largest = (
        next(each for (_, now), each in by_text.items() if text in now)
        for text in ("is_strict=True", "max(")
    )
    first = module.first
    assert first([3, 1, 2, 4]) == 1
    assert swap(str(path), largest) == 1
    assert first([3, 1, 2, 4]) == 3
    assert swap(str(path), strict) == 1
    with pytest.raises(ValueError, match="more than 3"):
        first([3, 1, 2, 4])
    assert len(count_changes(str(path), ("parts",))) < len(changes)


@pytest.mark.parametrize(
    ("with_it", "without", "found"),
    [
        (["b", "c"], [], ("b", 3)),
        (["b", "c"], ["b"], ("c", 2)),
        (["c"], ["a"], ("c", 2)),  # what is run before it counts as well
        (["b"], ["b"], ("", 2)),
        (["b"], ["a", "b"], ("", 1)),
        (["b"], ["c"], ("b", 3)),
        ([], ["a"], ("", 3)),
        (["loop", "c"], [], (NO_END, 3)),
        (["loop", "c"], ["loop"], ("", 3)),
    ],
)
def test_a_test_that_fails_without_the_change_too_sees_nothing(
    with_it: list[str], without: list[str], found: tuple[str, int]
) -> None:
    def run(tests: Sequence[str], is_changed: bool) -> str | None:
        failing = with_it if is_changed else without
        if "loop" in failing:
            return None
        return next((each for each in tests if each in failing), "")

    assert find_first_to_see(["a", "b", "c"], run) == found


def test_each_day_of_a_journal_comes_before_the_second_case_of_other_tests() -> None:
    path = ROOMS["staff"].patterns[0].replace("*", "roles")
    changed = make_change(path, 0)
    names = [
        *(f"tests/circulation/staff/test_journal.py::test_a_day[{n}]" for n in "ab"),
        *(f"tests/circulation/staff/test_roles.py::test_a_role[{n}]" for n in "abc"),
        "tests/circulation/fees/test_debts.py::test_a_debt",
    ]
    lines = {path: [changed.line]}
    reached = {name: Reached(SECONDS / 4 if "[" in name else 0, lines) for name in names}
    assert choose_tests(Mutant("staff", path, 0), changed, reached) == [
        *names[:3],
        names[-1],
        names[3],
    ]


def test_rooms_and_tests_are_there() -> None:
    assert all([*room.paths] for room in ROOMS.values())
    assert all((ROOT / each).exists() for each in TESTS)


def test_each_survivor_that_is_excused_can_be_made_and_has_a_reason() -> None:
    known = read_reasons(KNOWN.read_text("utf-8"))
    for change, why in known.items():
        assert len(why) > 20, change
        parts = change.function.split(".")
        [path] = [
            path
            for end in range(len(parts), 1, -1)
            if (ROOT / (path := "/".join(parts[:end]) + ".py")).is_file()
        ]
        assert change in {make_change(path, n).change for n in count_changes(path)}
