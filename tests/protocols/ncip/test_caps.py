"""So many a second, so many at once; whoever sends more waits for itself alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from protocols.ncip.partners.caps import WAITING_FOR_EACH, Caps, TooMany
from protocols.ncip.settings import Partner

SLOW = Partner("slow", requests_at_once=2)
QUICK = Partner("quick", requests_at_once=2)


class Started:
    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str) -> Callable[[], None]:
        return lambda: self.names.append(name)


def test_who_sends_more_waits_and_nobody_else() -> None:
    caps, started = Caps(), Started()
    for number in range(4):
        caps.enter(SLOW, started(f"slow {number}"), 0.0)
    caps.enter(QUICK, started("quick"), 0.0)
    assert started.names == ["slow 0", "slow 1", "quick"]
    caps.leave(SLOW)
    assert started.names[-1] == "slow 2"
    caps.leave(SLOW)
    caps.leave(SLOW)
    caps.leave(SLOW)
    caps.enter(SLOW, started("again"), 0.0)
    assert started.names[-1] == "again"


def test_when_too_many_wait() -> None:
    caps, started = Caps(), Started()
    for number in range(2 + 2 * WAITING_FOR_EACH):
        caps.enter(SLOW, started(str(number)), 0.0)
    with pytest.raises(TooMany, match="at once"):
        caps.enter(SLOW, started("one more"), 0.0)
    assert len(started.names) == 2


def test_requests_that_are_answered_at_once_do_not_pile_up() -> None:
    """However many wait, none of them is begun inside another."""
    caps, depth, deepest = Caps(), 0, 0
    partner = Partner("busy", requests_at_once=64)

    def answered_at_once() -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        caps.leave(partner)
        depth -= 1

    for _ in range(64):
        caps.enter(partner, lambda: None, 0.0)
    for _ in range(64 * WAITING_FOR_EACH):
        caps.enter(partner, answered_at_once, 0.0)
    caps.leave(partner)
    assert deepest == 1


def test_so_many_a_second() -> None:
    caps, started = Caps(), Started()
    partner = Partner("often", requests_per_second=2)
    for _ in range(2):
        caps.enter(partner, started("x"), 0.0)
        caps.leave(partner)
    with pytest.raises(TooMany, match="a second"):
        caps.enter(partner, started("x"), 0.1)
    caps.enter(partner, started("x"), 0.6)
    assert started.names == ["x"] * 3
