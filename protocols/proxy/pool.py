"""The proxy's own lines to a system, logged in with an account of the proxy's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from protocols.proxy.line import Line, Said
from protocols.proxy.settings import Login
from protocols.sip2.codec import seal
from protocols.sip2.wire.text import Dialect

_PLAIN: Final = Dialect()

Done = Callable[[Said], object]


def login_message(login: Login) -> bytes:
    """93, without its trailer."""
    return f"9300CN{login.login}|CO{login.password}|".encode()


class Pool:
    """So many lines, opened as they are needed. `line` makes one; `login` gives its 93."""

    def __init__(
        self,
        line: Callable[[Callable[[], bytes | None]], Line],
        login: Callable[[], bytes | None],
        size: int,
        has_error_detection: bool = True,
    ) -> None:
        self._make = line
        self._login = login
        self._left = size
        self._has_error_detection = has_error_detection
        self._idle: list[Line] = []
        self._waiting: deque[tuple[bytes, Done]] = deque()
        self._number = 0

    def ask(self, body: bytes, done: Done) -> None:
        """Sends a message when a line is free; `done` is called once."""
        self._waiting.append((body, done))
        self._next()

    def _next(self) -> None:
        while self._waiting and (self._idle or self._left):
            if self._idle:
                line = self._idle.pop()
            else:
                self._left -= 1
                line = self._make(self._first)
            body, done = self._waiting.popleft()
            line.ask(self._sealed(body), self._freeing(line, done))

    def _first(self) -> bytes | None:
        login = self._login()
        return None if login is None else self._sealed(login)

    def _freeing(self, line: Line, done: Done) -> Done:
        def free(said: Said) -> None:
            self._idle.append(line)
            done(said)
            self._next()

        return free

    def _sealed(self, body: bytes) -> bytes:
        self._number = (self._number + 1) % 10
        number = b"%d" % self._number
        return seal(body, number, self._has_error_detection, _PLAIN)[:-1]

    def close(self) -> None:
        for line in self._idle:
            line.close()
