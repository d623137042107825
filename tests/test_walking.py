"""A walk tries all of its cases, and names those that fail."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import pytest

from tests.walking import each


def test_all_that_fail_are_named_and_all_are_tried() -> None:
    tried = []

    @each("number", range(6), lambda number: f"number {number}")
    def walk(number: int) -> None:
        tried.append(number)
        assert number % 3

    with pytest.raises(BaseExceptionGroup, match="2 of 6 cases") as told:
        walk()
    assert tried == list(range(6))
    notes = [error.__notes__ for error in told.value.exceptions]
    assert notes == [["the case: number 0"], ["the case: number 3"]]


def test_a_fixture_is_asked_for_and_a_case_is_not() -> None:
    @each("word", ["one"], str)
    def walk(tmp_path: Path, word: str) -> None: ...

    assert list(signature(walk).parameters) == ["tmp_path"]


@each("word", ["one", "two"], str)
def test_pytest_runs_a_walk(tmp_path: Path, word: str) -> None:
    assert not (tmp_path / word).exists()
    (tmp_path / word).touch()
