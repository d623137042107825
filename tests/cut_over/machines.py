"""The three processes: they begin, are killed, or kill themselves, and begin again."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.cut_over.processes import CRASH_AT, POINTS
from tests.processes import Running, start

#: Seconds.
_OUT_AT_MOST = 15.0


@dataclass
class Machine:
    """One of the three. `down_for`: acts that it stays down after a kill; `missed`: those that have
    begun since it went."""

    name: str
    folder: Path
    down_for: int = 0
    missed: int = 0
    #: By the monotonic clock; where nothing can begin without it, it has been missed enough then.
    out_until: float = 0.0
    deaths: Counter[str] = field(default_factory=Counter)
    running: Running | None = None
    is_starting: bool = False
    _dies_at: str = ""

    @property
    def kind(self) -> str:
        return "system" if self.name == "new" else self.name

    @property
    def points(self) -> list[str]:
        """Where it can kill itself."""
        return list(POINTS[self.kind])

    @property
    def is_dead(self) -> bool:
        return self.running is None or self.running.poll() is not None

    @property
    def is_out(self) -> bool:
        return self.is_dead or self.is_starting

    @property
    def may_begin(self) -> bool:
        is_time = self.missed >= self.down_for or time.monotonic() > self.out_until
        return self.is_dead and not self.is_starting and is_time

    def begin(self) -> None:
        """Starts it, and waits until it listens."""
        self.is_starting = True
        if self._dies_at:
            self.deaths[self._dies_at] += 1
            self._dies_at = ""
        self.running = start(
            "tests.cut_over.processes", self.kind, str(self.folder), errors=self.folder / "log"
        )
        assert self.running.stdout is not None
        assert self.running.stdout.readline(), f"{self.name} does not start: {self.folder / 'log'}"
        self.is_starting = False
        self.down_for = self.missed = 0

    def kill(self, down_for: int) -> None:
        """As a power cut would."""
        assert self.running is not None
        self.running.kill()
        with suppress(Exception):
            self.running.wait(10)
        self.deaths[self._dies_at or "at random"] += 1
        self._dies_at = ""
        self.down_for, self.out_until = down_for, time.monotonic() + _OUT_AT_MOST

    def die_at(self, point: str, passed: int) -> None:
        """Has it kill itself when it has passed that point so often."""
        assert self.running is not None
        self._dies_at = point
        (self.folder / CRASH_AT).write_text(f"{point}:{passed}")
        self.running.send_signal(signal.SIGUSR1)

    def stop(self) -> None:
        """Ends it as an administrator would."""
        if self.running is not None and not self.is_dead:
            self.running.terminate()
            self.running.wait(20)
