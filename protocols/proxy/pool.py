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


class _Numbered:
    """A line, and the number of its last message. Each line counts for itself: two messages in a
    row with the same number, whose checksums happen to be equal, would be one and the same to the
    system (SIP2 2.12, p. 16).
    """

    def __init__(self, line: Callable[[Callable[[], bytes | None]], Line], pool: Pool) -> None:
        self._number = 0
        self._pool = pool
        self.line = line(self._first)

    def sealed(self, body: bytes) -> bytes:
        self._number = (self._number + 1) % 10
        return seal(body, b"%d" % self._number, self._pool.has_error_detection, _PLAIN)[:-1]

    def _first(self) -> bytes | None:
        login = self._pool.login()
        return None if login is None else self.sealed(login)


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
        self.login = login
        self._left = size
        self.has_error_detection = has_error_detection
        self._idle: list[_Numbered] = []
        self._waiting: deque[tuple[bytes, Done]] = deque()

    def ask(self, body: bytes, done: Done) -> None:
        """Sends a message when a line is free; `done` is called once."""
        self._waiting.append((body, done))
        self._next()

    def _next(self) -> None:
        while self._waiting and (self._idle or self._left):
            if self._idle:
                own = self._idle.pop()
            else:
                self._left -= 1
                own = _Numbered(self._make, self)
            body, done = self._waiting.popleft()
            own.line.ask(own.sealed(body), self._freeing(own, done))

    def _freeing(self, own: _Numbered, done: Done) -> Done:
        def free(said: Said) -> None:
            self._idle.append(own)
            done(said)
            self._next()

        return free

    def close(self) -> None:
        for own in self._idle:
            own.line.close()
