"""Answers that nobody waits for: they are there when they are asked for, or tell when they are."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from threading import Event, Lock, get_ident
from typing import Final, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)
#: Of all that are promised: it is held for a moment only, and one for each would cost more.
_promising = Lock()


#: Seconds for which the serving thread is waited for, should it be busy elsewhere, or at its end.
LET_WAIT: Final = 0.25


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


class Promised(Answered[T]):
    """A future of what the serving thread will do itself, or leaves to another thread.

    Who serves is told by a callback, so what waiting takes is made for who does wait. Who waits
    long, or is the thread that serves, has all that waits left to the other thread (`hand_over`).
    """

    def __init__(self, hand_over: Callable[[], object], serving: int) -> None:
        """`serving` is the number of the serving thread."""
        self._hand_over = hand_over
        self._serving = serving
        self._here = self._error = None
        self._is_running = self._is_done = False
        self._told: list[Callable[[Future[T]], object]] = []
        self._over: Event | None = None

    def __repr__(self) -> str:
        return super().__repr__() if self._is_done else "<promised>"

    def cancel(self) -> bool:
        with _promising:
            if self._is_running or self._is_done:
                return self.cancelled()
            self._error = CancelledError()
            self._is_done = True
        self._tell()
        return True

    def cancelled(self) -> bool:
        return isinstance(self._error, CancelledError)

    def set_running_or_notify_cancel(self) -> bool:
        with _promising:
            self._is_running = not self._is_done
            return self._is_running

    def running(self) -> bool:
        return self._is_running and not self._is_done

    def done(self) -> bool:
        return self._is_done

    def set_result(self, result: T) -> None:
        with _promising:
            self._here = result
            self._is_done = True
        self._tell()

    def set_exception(self, exception: BaseException | None) -> None:
        with _promising:
            self._error = exception
            self._is_done = True
        self._tell()

    def _tell(self) -> None:
        if self._over is not None:
            self._over.set()
        for told in self._told:
            try:
                told(self)
            except Exception:  # the others must be told all the same, as by any future
                log.exception("what an answer was told to has failed")

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        with _promising:
            if not self._is_done:
                self._told.append(fn)
                return
        fn(self)

    def result(self, timeout: float | None = None) -> T:
        error = self.exception(timeout)
        if error is not None:
            raise error
        return self._here  # type: ignore[return-value]

    def exception(self, timeout: float | None = None) -> BaseException | None:
        if not self._is_done:
            self._wait(timeout)
        error = self._error
        if error is not None and self.cancelled():
            raise CancelledError
        return error

    def _wait(self, timeout: float | None) -> None:
        with _promising:
            if self._is_done:
                return
            if self._over is None:
                self._over = Event()
        patience = 0.0 if get_ident() == self._serving else LET_WAIT
        if timeout is not None:
            patience = min(timeout, patience)
        if self._over.wait(patience):
            return
        if not self._is_running:
            self._hand_over()
        if not self._over.wait(None if timeout is None else timeout - patience):
            raise TimeoutError
