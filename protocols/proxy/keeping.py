"""Keeping the state while the proxy runs: each time that the journal has grown by so much, a
process beside it writes the state down (`protocols.proxy.snapshots`).
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol

from protocols.hosting.reactor import reactor

log = logging.getLogger(__name__)


class Keeper:
    """Of the journal in a folder. `every`: so many bytes, of which `read` had to be read at the
    start.
    """

    def __init__(self, folder: Path, every: int, read: int) -> None:
        self._folder = folder
        self._every = every
        self._since = read
        self._seen = 0
        self._process: Any = None
        self._is_closed = False
        #: The last record that is in a state that was kept while this process runs.
        self.last_id = 0

    def grown(self, size: int) -> None:
        """So many bytes were written since the start."""
        self._since += size - self._seen
        self._seen = size
        if self._since >= self._every and self._process is None and not self._is_closed:
            self._since = 0
            arguments = [sys.executable, "-m", "protocols.proxy.snapshots", str(self._folder)]
            spawn: Any = reactor.spawnProcess
            self._process = spawn(_Keeping(self), sys.executable, arguments, env=dict(os.environ))

    def ended(self, said: bytes, wrong: bytes) -> None:
        """The process has ended: it says up to which record the state is kept."""
        self._process = None
        if said.strip().isdigit():
            self.last_id = int(said)
        elif not self._is_closed:
            log.warning("the state could not be kept: %s", wrong.decode(errors="replace")[-500:])

    def close(self) -> None:
        """The state is kept by who closes."""
        self._is_closed = True
        if self._process is not None:
            with suppress(ProcessExitedAlready):
                self._process.signalProcess("KILL")


class _Keeping(ProcessProtocol):
    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._said: dict[int, bytes] = {1: b"", 2: b""}

    def childDataReceived(self, number: int, data: bytes) -> None:  # noqa: N802
        self._said[number] += data

    def processEnded(self, reason: Any) -> None:  # noqa: N802
        self._keeper.ended(self._said[1], self._said[2])
