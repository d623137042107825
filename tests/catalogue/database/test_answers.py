"""What is promised is a future like any other, to all who ask."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future

import pytest

from catalogue.database.answers import Promised


def promised() -> Promised[str]:
    return Promised(lambda: None, 0)


KINDS = pytest.mark.parametrize("make", [Future, promised])
Make = Callable[[], "Future[str]"]


@KINDS
def test_whoever_asked_is_told_once_it_is_done(make: Make) -> None:
    answer, told = make(), list[str]()
    answer.add_done_callback(lambda done: told.append(f"early: {done.result()}"))
    assert not answer.running()
    assert answer.set_running_or_notify_cancel()
    assert answer.running()
    assert not answer.done()
    assert told == []
    answer.set_result("lent")
    assert answer.done()
    assert not answer.running()
    answer.add_done_callback(lambda done: told.append(f"late: {done.result()}"))
    assert told == ["early: lent", "late: lent"]
    assert answer.exception() is None


@KINDS
def test_an_error_is_raised_for_who_wants_the_result(make: Make) -> None:
    answer = make()
    answer.set_exception(ValueError("no such item"))
    assert str(answer.exception()) == "no such item"
    with pytest.raises(ValueError, match="no such item"):
        answer.result()


@KINDS
def test_one_that_fails_to_take_it_keeps_it_from_nobody(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    answer, told = make(), list[str]()

    def failing(_: Future[str]) -> None:
        raise RuntimeError("out of paper")

    answer.add_done_callback(failing)
    answer.add_done_callback(lambda done: told.append(done.result()))
    with caplog.at_level(logging.ERROR):
        answer.set_result("lent")
    assert told == ["lent"]
    assert "out of paper" in caplog.text


@KINDS
def test_it_is_cancelled_until_somebody_works_on_it(make: Make) -> None:
    begun, waiting, told = make(), make(), list[bool]()
    assert begun.set_running_or_notify_cancel()
    assert not begun.cancel()
    begun.set_result("lent")
    assert not begun.cancel()
    waiting.add_done_callback(lambda done: told.append(done.cancelled()))
    assert waiting.cancel()
    assert waiting.cancel()
    assert told == [True]
    assert waiting.done()
    assert not waiting.set_running_or_notify_cancel()
    for ask in (waiting.result, waiting.exception):
        with pytest.raises(CancelledError):
            ask()


@KINDS
def test_other_threads_wait_for_it_and_no_longer_than_they_want(make: Make) -> None:
    answer, found = make(), list[str]()
    for ask in (answer.result, answer.exception):
        with pytest.raises(TimeoutError):
            ask(timeout=0.001)
    waiting = [
        threading.Thread(target=lambda: found.append(answer.result(timeout=30))) for _ in range(4)
    ]
    for thread in waiting:
        thread.start()
    answer.set_result("lent")
    for thread in waiting:
        thread.join()
    assert found == ["lent"] * 4
