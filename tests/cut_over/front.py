"""A line with faults, before a system: slow, cut before or after the work.

It listens on a port of its own, whatever becomes of the system behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import cast

_SLOW = 0.3


class Front:
    """Passes messages on to the port `behind` of this host."""

    def __init__(self, port: int, behind: int, random: Random) -> None:
        self.port = port
        self.behind = behind
        self._random = random
        #: How often, of 1,000 messages.
        self.slow = self.cut_before = self.cut_after = 0
        self.faults = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Caller(self), "127.0.0.1", self.port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def happens(self, of_thousand: int) -> bool:
        happens = self._random.randrange(1000) < of_thousand
        self.faults += happens
        return happens


class _End(asyncio.Protocol):
    """An end of a line, and the other one. Whole messages pass, for whoever asks waits for the
    answer; a long one may come in pieces, and then a fault hits a piece."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.other is not None:
            self.other.end()

    def end(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def pass_on(self, data: bytes) -> None:
        other = self.other
        if other is None or other.transport is None:
            self.waiting += data
        else:
            other.transport.write(data)


class _Caller(_End):
    """The end of the proxy."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._task = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        make: Callable[[], _Called] = lambda: _Called(self.front)  # noqa: E731
        try:
            _, system = await asyncio.get_running_loop().create_connection(
                make, "127.0.0.1", self.front.behind
            )
        except OSError:
            self.end()
            return
        system.other, self.other = self, system
        if self.transport is None:
            system.end()
        elif self.waiting:
            self.pass_on(self.waiting)

    def data_received(self, data: bytes) -> None:
        if self.front.happens(self.front.cut_before):
            self.end()
        elif self.front.happens(self.front.slow):
            asyncio.get_running_loop().call_later(_SLOW, self.pass_on, data)
        else:
            self.pass_on(data)


class _Called(_End):
    """The end of the system."""

    def data_received(self, data: bytes) -> None:
        if self.front.happens(self.front.cut_after):
            self.end()
        else:
            self.pass_on(data)
