"""Whether a replica may answer, by a clock and positions of our own; the real ones are in
tests/faults/test_replica.py."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database.replica_watch import Sight

LAG = 2.0


class _Clock:
    """Monotonic seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def sight(clock: _Clock) -> Sight:
    return Sight("library at b", LAG, clock)


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    return [record.getMessage() for record in caplog.records]


def test_one_that_was_never_looked_at_may_not(sight: Sight) -> None:
    assert not sight.is_fit
    assert sight.lag_seconds is None
    assert sight.why_not == "unknown"


def test_one_in_step_may_until_the_lag_has_passed(sight: Sight, clock: _Clock) -> None:
    sight.judge(clock(), 500, 500)
    assert (sight.is_fit, sight.floor, sight.lag_seconds) == (True, 500, 0.0)
    clock.seconds += LAG - 0.01
    assert sight.is_fit
    clock.seconds += 0.01
    assert not sight.is_fit


def test_one_a_little_behind_may_as_long_as_that_is_within_the_lag(
    sight: Sight, clock: _Clock, caplog: pytest.LogCaptureFixture
) -> None:
    sight.judge(clock(), 500, 500)
    for position in (600, 700, 800):
        clock.seconds += 0.5
        sight.judge(clock(), position, 500)
        assert (sight.is_fit, sight.floor) == (True, 500)
    assert sight.lag_seconds == 1.5
    clock.seconds += 0.625
    sight.judge(clock(), 900, 550)
    assert (sight.is_fit, sight.why_not, sight.lag_seconds) == (False, "behind", 2.125)
    clock.seconds += 0.125
    sight.judge(clock(), 900, 800)  # what it had at 1.5
    assert (sight.is_fit, sight.floor) == (True, 800)
    assert sight.lag_seconds == 0.75
    begun, over = _lines(caplog)
    assert begun == (
        "the replica library at b is not used: it is more than 2 s behind. Reads go to the primary"
        " until it can be"
    )
    assert over == "the replica library at b answers reads again"


def test_without_its_primary_it_may_until_the_lag_has_passed_and_no_line_says_so(
    sight: Sight, clock: _Clock, caplog: pytest.LogCaptureFixture
) -> None:
    sight.judge(clock(), 500, 500)
    clock.seconds += 1.9
    sight.judge(clock(), 0, 500)
    assert sight.is_fit
    clock.seconds += 0.2
    sight.judge(clock(), 0, 500)
    assert (sight.is_fit, sight.why_not) == (False, "unknown")
    assert _lines(caplog) == []


def test_one_that_is_gone_is_told_once(
    sight: Sight, clock: _Clock, caplog: pytest.LogCaptureFixture
) -> None:
    sight.judge(clock(), 500, 500)
    for _ in range(100):
        clock.seconds += 1
        sight.is_unfit("gone", "connection refused")
    assert (sight.is_fit, sight.why_not, sight.lag_seconds) == (False, "gone", None)
    assert len(_lines(caplog)) == 1


def test_one_that_comes_and_goes_is_told_once_a_minute(
    sight: Sight, clock: _Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for position in range(100):
        sight.is_unfit("gone", "connection refused")
        clock.seconds += 0.5
        sight.judge(clock(), position + 1, position + 1)
        assert sight.is_fit
        clock.seconds += 0.5
    assert sum("is not used" in line for line in _lines(caplog)) == 2
    assert sum("again" in line for line in _lines(caplog)) == 2


def test_another_primary_may_be_at_an_earlier_position(sight: Sight, clock: _Clock) -> None:
    sight.judge(clock(), 500, 500)
    clock.seconds += 0.5
    sight.judge(clock(), 400, 350)
    assert not sight.is_fit
    clock.seconds += 0.5
    sight.judge(clock(), 410, 405)
    assert (sight.is_fit, sight.floor) == (True, 400)


#: Of each step: seconds that pass, what the primary writes, how much of the rest the replica
#: replays, and whether it is a look, of which the primary may not answer.
_STEPS = st.lists(
    st.tuples(
        st.floats(0.01, 1.0),
        st.integers(0, 50),
        st.floats(0.0, 1.0),
        st.sampled_from(["nothing", "look", "look without a primary"]),
    ),
    max_size=60,
)


@given(_STEPS)
def test_whenever_it_may_answer_it_has_all_that_is_older_than_the_lag(
    steps: list[tuple[float, int, float, str]],
) -> None:
    clock = _Clock()
    sight = Sight("b", LAG, clock)
    history = [(clock(), 1)]  # of the primary
    position = replayed = 1
    for seconds, written, part, what in steps:
        clock.seconds += seconds
        if sight.is_fit:
            due = max(at for moment, at in history if moment <= max(1000.0, clock() - LAG))
            assert sight.floor >= due
            assert replayed >= sight.floor
        position += written
        history.append((clock(), position))
        replayed += round((position - replayed) * part)
        if what != "nothing":
            sight.judge(clock(), position if what == "look" else 0, replayed)
