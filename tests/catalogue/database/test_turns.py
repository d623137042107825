"""Turns end before they have become too long: what is known of the work that comes next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from catalogue.database.turns import LONGEST_SECONDS, SHORT_SECONDS, Experience, kind_of


def one(*arguments: object) -> None: ...


def other() -> None: ...


class Doing:
    def __call__(self) -> None: ...

    def step(self) -> None: ...


def wrapped(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def run(transaction: object) -> Any:
        return work(transaction)

    return run


def test_work_is_of_a_kind_by_its_code() -> None:
    assert kind_of(one) is kind_of(partial(one, 1)) is kind_of(wrapped(partial(one, 2)))
    assert kind_of(one) is not kind_of(other)
    assert kind_of(Doing().step) is kind_of(partial(Doing().step))
    assert kind_of(Doing()) is Doing


def test_short_work_is_not_expected_to_take_long() -> None:
    experience = Experience()
    for _ in range(100):
        experience.note(one, SHORT_SECONDS * 0.9)
    assert experience.expects(one) == 0.0


def test_what_has_been_long_is_expected_to_be_long_again() -> None:
    experience = Experience()
    for _ in range(10):
        experience.note(partial(one, 1), 0.002)
        experience.note(other, 0.0001)
    assert 0.0018 < experience.expects(partial(one, 2)) <= 0.002
    assert experience.expects(other) == 0.0


def test_one_bad_moment_of_a_busy_machine_is_no_experience() -> None:
    experience = Experience()
    experience.note(one, 1.0)
    assert experience.expects(one) < LONGEST_SECONDS / 3
    for _ in range(50):
        experience.note(one, 0.0001)
    assert experience.expects(one) == 0.0
