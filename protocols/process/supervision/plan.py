"""What a supervisor is to run, as the command line and the configuration say it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DRAIN_SECONDS: Final = 30.0
HUNG_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Plan:
    """What to run: the configuration's path, how many workers, and what it says of their ends."""

    path: Path
    processes: int
    drain: float = DRAIN_SECONDS
    hung: float = HUNG_SECONDS

    def again(self, given: int | None) -> Plan:
        """The same as the file says now; `given` at the command line goes before it.

        The next worker reports what is wrong in it, and does not start.
        """
        try:
            section = tomllib.loads(self.path.read_text(encoding="utf-8")).get("server", {})
            processes = self.processes if given is not None else section.get("processes", 1)
            drain = float(section.get("drain_seconds", DRAIN_SECONDS))
            hung = float(section.get("hung_seconds", HUNG_SECONDS))
            return Plan(self.path, max(1, int(processes)), drain, hung)
        except (OSError, ValueError, TypeError, AttributeError):
            return self
