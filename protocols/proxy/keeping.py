"""Keeping the state while the proxy runs: each time that the journal has grown by so much, a
process beside it writes the state down (`protocols.proxy.snapshots`).
"""

from __future__ import annotations

import logging
from pathlib import Path

from protocols.proxy.processes import Process

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
        self._process: Process | None = None
        self._is_closed = False

    def grown(self, size: int) -> None:
        """So many bytes were written since the start."""
        self._since += size - self._seen
        self._seen = size
        if self._since >= self._every and self._process is None and not self._is_closed:
            self._since = 0
            module = "protocols.proxy.snapshots"
            self._process = Process(module, str(self._folder), ended=self._ended)

    def _ended(self, said: bytes, wrong: bytes) -> None:
        self._process = None
        if not said and not self._is_closed:
            log.warning("the state could not be kept: %s", wrong.decode(errors="replace")[-500:])

    def close(self) -> None:
        """The state is kept by who closes."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()
