"""Work in a process beside the proxy, so that no terminal waits for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol

from protocols.hosting.reactor import reactor


class Process(ProcessProtocol):
    """A module of ours that runs. `ended` is given what it has said, and what was wrong."""

    def __init__(
        self, module: str, *arguments: str, ended: Callable[[bytes, bytes], object]
    ) -> None:
        self._ended = ended
        self._said: dict[int, bytes] = {1: b"", 2: b""}
        command = [sys.executable, "-m", module, *arguments]
        spawn: Any = reactor.spawnProcess
        spawn(self, sys.executable, command, env=dict(os.environ))

    def childDataReceived(self, number: int, data: bytes) -> None:  # noqa: N802
        self._said[number] += data

    def processEnded(self, reason: Any) -> None:  # noqa: N802
        self._ended(self._said[1], self._said[2])

    def kill(self) -> None:
        """What it does is not wanted any more."""
        transport: Any = self.transport
        with suppress(ProcessExitedAlready):
            transport.signalProcess("KILL")
