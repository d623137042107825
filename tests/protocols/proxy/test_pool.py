"""The proxy's own lines to a system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.proxy.line import Said
from protocols.proxy.pool import Pool
from protocols.sip2.codec import open_frame


class _Recording:
    """A line that keeps what is sent, and answers when it is told to."""

    def __init__(self, login: Callable[[], bytes | None]) -> None:
        self.sent = [login()]
        self.done: Callable[[Said], object] = lambda said: None

    def ask(self, raw: bytes, done: Callable[[Said], object]) -> None:
        self.sent.append(raw)
        self.done = done


def test_each_line_counts_its_messages_for_itself() -> None:
    """Where one number went round all lines, a message could have that of the one before it."""
    lines: list[_Recording] = []

    def line(login: Callable[[], bytes | None]) -> Any:
        lines.append(_Recording(login))
        return lines[-1]

    pool = Pool(line, lambda: b"9300CNproxy|COx|", 2)
    pool.ask(b"17a", lambda said: None)
    for _ in range(12):
        pool.ask(b"17b", lambda said: None)
        lines[1].done(Said(b"18"))
    lines[0].done(Said(b"18"))
    pool.ask(b"17c", lambda said: None)
    for each in lines:
        numbers = [open_frame(raw).sequence for raw in each.sent if raw is not None]
        assert numbers == [b"%d" % ((number + 1) % 10) for number in range(len(numbers))]
