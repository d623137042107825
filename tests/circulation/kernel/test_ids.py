"""Ids: positive, unique, growing, in the order of time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.kernel.ids import IdSource
from tests.builders.circulation import NOON


@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=50))
def test_they_always_grow_whatever_the_clock_does(steps: list[int]) -> None:
    source = IdSource()
    now, last = NOON, 0
    for step in steps:
        now += timedelta(milliseconds=step)
        number = source.next(now)
        assert last < number < 1 << 63
        last = number


def test_they_follow_the_time_across_processes() -> None:
    early, late = IdSource().next(NOON), IdSource().next(NOON + timedelta(milliseconds=1))
    assert early < late


def test_two_processes_start_at_different_places() -> None:
    assert len({IdSource().next(NOON) for _ in range(50)}) > 45


def test_threads_get_each_their_own() -> None:
    source = IdSource()
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda _: [source.next(NOON) for _ in range(500)], range(8)))
    assert len({number for part in parts for number in part}) == 4000


@pytest.mark.parametrize("year", [2019, 2090])
def test_times_without_an_id_are_refused(year: int) -> None:
    with pytest.raises(ValueError, match="no id"):
        IdSource().next(datetime(year, 6, 1, tzinfo=UTC))
