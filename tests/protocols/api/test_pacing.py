"""Whoever asks too often waits: by token, and by account with all tokens together."""

from __future__ import annotations

import pytest

from circulation.kernel.rights import Kind, Principal
from protocols.api.pacing import Paces
from protocols.api.problems import Problem
from protocols.api.settings import ApiSettings

ANNA = Principal(Kind.STAFF, 7, "anna", 1, 1)
WEBSITE = Principal(Kind.PROGRAM, 7, "website", 1, 1)


def paces(burst: int = 5) -> Paces:
    return Paces(ApiSettings(requests_per_second=1.0, burst=burst))


def how_many(pace: Paces, *callers: bytes, now: float = 0.0) -> int:
    """Requests that are let through, the callers taking turns, until one is not."""
    count = 0
    while count < 1_000:
        try:
            pace.count(callers[count % len(callers)], now)
        except Problem:
            return count
        count += 1
    return count


def test_a_token_has_its_burst_and_then_its_rate() -> None:
    pace = paces()
    assert how_many(pace, b"one") == 5
    assert how_many(pace, b"one", now=2.0) == 2
    assert how_many(pace, b"two", now=2.0) == 5


def test_an_account_has_no_more_with_several_tokens() -> None:
    pace = paces()
    for token in (b"one", b"two", b"three"):
        pace.learn(token, ANNA, None)
    assert how_many(pace, b"one", b"two", b"three") == 5
    pace.learn(b"four", WEBSITE, None)
    assert how_many(pace, b"four") == 5, "another with the same number"


def test_a_program_has_its_own_pace_with_all_its_tokens() -> None:
    pace = paces(burst=100)
    for token in (b"one", b"two"):
        pace.learn(token, WEBSITE, 60)
    assert how_many(pace, b"one", b"two") == 10
    assert how_many(pace, b"one", b"two", now=3.0) == 3


def test_what_was_refused_is_not_counted() -> None:
    pace = paces()
    assert how_many(pace, b"one") == 5
    for _ in range(20):
        assert how_many(pace, b"one") == 0
    assert how_many(pace, b"one", now=1.0) == 1
    with pytest.raises(Problem) as refused:
        pace.count(b"one", 1.0)
    assert refused.value.headers == (("Retry-After", "1"),)
