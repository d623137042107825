"""What is drawn of the trials: the same by one seed, in time all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import trials

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


@pytest.mark.parametrize("trial", trials.TRIALS)
def test_what_is_drawn_from_is_there(trial: str) -> None:
    path, _, name = trial.partition("::")
    assert (FOLDER / path).exists()
    assert not name or f"def {name}" in (FOLDER / path).read_text(encoding="utf-8")
