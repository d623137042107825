"""Answers that are there when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Answered(Future[T]):
    """A future of what is there already, without the locks that waiting for it would take."""

    def __init__(self, result: T | None, error: BaseException | None = None) -> None:
        self._here = result  # the base is not initialised: every method that uses it is ours
        self._error = error

    def __repr__(self) -> str:
        return f"<answered {self._here!r} {self._error!r}>"

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def running(self) -> bool:
        return False

    def done(self) -> bool:
        return True

    def result(self, timeout: float | None = None) -> T:
        if self._error is not None:
            raise self._error
        return self._here  # type: ignore[return-value]

    def exception(self, timeout: float | None = None) -> BaseException | None:
        return self._error

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        fn(self)
