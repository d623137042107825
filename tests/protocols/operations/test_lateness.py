"""How late timers fire, under a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from protocols.hosting.measuring import Lag
from protocols.operations.lateness import EVERY, watch_lateness


def test_what_is_late_is_noted_and_the_end_is_the_end() -> None:
    now, lag = 100.0, Lag()
    timers: list[Callable[[], None]] = []
    end = watch_lateness(lag, lambda seconds, call: timers.append(call), lambda: now)
    for late in (0.0, 2.0, 0.25):
        now += EVERY + late
        timers.pop()()
        assert lag.last == pytest.approx(late)
    assert sum(lag.times.counts) == 3
    assert lag.times.total == pytest.approx(2.25)
    end()
    timers.pop()()
    assert timers == []
    assert sum(lag.times.counts) == 3
