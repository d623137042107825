"""What a message on its way knows of the conversation that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from protocols.proxy.line import Line
from protocols.proxy.proxy import Proxy
from protocols.proxy.session import Asked, TerminalSession
from protocols.proxy.settings import Mode, System, TerminalSettings

#: Gives the terminal its answer, without its end; see `TerminalSession`.
Reply = Callable[[bytes | None], object]


class Sender(Protocol):
    """The conversation that a message belongs to: see `protocols.proxy.relay`."""

    proxy: Proxy
    name: str
    number: int
    session: TerminalSession
    settings: TerminalSettings | None

    @property
    def is_let_in(self) -> bool: ...

    def line(self, system: System) -> Line: ...

    def beside(self) -> Parts: ...


class Parts(Protocol):
    """What sends the parts of one message."""

    def exchange(
        self, body: bytes, of: Asked, modes: tuple[Mode, Mode], to: System, reply: Reply
    ) -> None: ...

    def close(self) -> None: ...
