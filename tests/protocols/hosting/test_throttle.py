"""Slowing down: who fails waits, and nobody else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocols.hosting.throttle import Bucket, FailedLogins

A, B = "192.0.2.1", "192.0.2.2"


def test_waits_grow_up_to_a_minute_and_end() -> None:
    failed = FailedLogins(free=3)
    now, waits = 100.0, []
    for _ in range(12):
        assert not failed.is_held(A, "kiosk", now)
        failed.failed(A, "kiosk", now)
        start = now
        while failed.is_held(A, "kiosk", now):
            now += 0.5
        waits.append(now - start)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_another_host_and_another_login_do_not_wait() -> None:
    failed = FailedLogins(free=1)
    for _ in range(5):
        failed.failed(A, "kiosk", 0.0)
    assert failed.is_held(A, "kiosk", 0.5)
    assert not failed.is_held(B, "kiosk", 0.5)
    assert not failed.is_held(A, "sorter", 0.5)


def test_the_right_password_ends_it() -> None:
    failed = FailedLogins(free=2)
    failed.failed(A, "kiosk", 0.0)
    failed.succeeded(A, "kiosk")
    failed.failed(A, "kiosk", 1.0)
    assert not failed.is_held(A, "kiosk", 1.0)


def test_old_failures_do_not_count() -> None:
    failed = FailedLogins(free=2)
    failed.failed(A, "kiosk", 0.0)
    failed.failed(A, "kiosk", 1000.0)
    assert not failed.is_held(A, "kiosk", 1000.0)


def test_who_tries_login_after_login_is_held_but_never_its_neighbour() -> None:
    failed = FailedLogins(host_burst=20, host_rate=1.0)
    failed.succeeded(A, "kiosk")
    for number in range(20):
        assert not failed.is_held(A, f"guess-{number}", 0.0)
        failed.failed(A, f"guess-{number}", 0.0)
    assert failed.is_held(A, "guess-20", 0.0)
    assert not failed.is_held(A, "kiosk", 0.0)
    assert not failed.is_held(B, "guess-20", 0.0)
    assert not failed.is_held(A, "guess-20", 1.5)


def test_memory_is_bounded() -> None:
    failed = FailedLogins()
    for number in range(12_000):
        failed.failed(f"host-{number}", "x", 0.0)
        failed.succeeded(f"host-{number}", "y")
    assert len(failed._failed) == len(failed._known) == len(failed._hosts) == 10_000


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200), st.floats(0.5, 50))
def test_a_bucket_never_lets_more_through_than_its_rate(steps: list[float], rate: float) -> None:
    bucket, now, taken = Bucket(rate, 5.0), 0.0, 0
    for step in steps:
        now += step
        if bucket.wait(now) == 0.0:
            bucket.take()
            taken += 1
        assert taken <= 5 + now * rate + 1e-6
