"""What runs beside the server, and is started again when it has ended: the daily jobs.

    beside = Beside.begin(path)             # `tiro serve --with-jobs`
    beside = Beside.found(path)             # the program that takes this one's place finds it
    beside.look(now)                        # now and then, and when a child has ended

The process is a child of the server's, stays its child when another program takes the server's
place (`exec`), and ends by itself when the server is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

log = logging.getLogger("tiro.supervisor")

#: The variable that tells the next program which process runs the jobs.
VARIABLE: Final = "TIRO_JOBS"
#: Seconds after which one that has ended is started again.
AGAIN: Final = 10.0
#: Seconds between two looks, where no signal tells of a child's end.
LOOK: Final = 1.0


class Beside:
    """`tiro jobs daily` in a process of its own. Times are of the monotonic clock."""

    def __init__(self, path: Path, pid: int) -> None:
        self._path = path
        self._pid = pid
        self._start_at: float | None = None

    @classmethod
    def begin(cls, path: Path) -> Beside:
        """Starts it with this configuration."""
        return cls(path, _start(path))

    @classmethod
    def found(cls, path: Path) -> Beside | None:
        """The one that this process has started before; None where there is none."""
        pid = os.environ.get(VARIABLE, "")
        return cls(path, int(pid)) if pid else None

    def wake(self) -> float:
        """When it is to be looked at without a signal."""
        return float("inf") if self._start_at is None else self._start_at

    def look(self, now: float) -> None:
        """Notices its end, and starts it again after a while."""
        if self._start_at is None:
            try:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:  # its end was noticed by the program before this one
                pid, status = self._pid, 0
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
            log.error(
                "the daily jobs (process %d) have ended with %s: started again in %d seconds",
                pid,
                how,
                AGAIN,
            )
            self._start_at = now + AGAIN
        elif now >= self._start_at:
            self._start_at = None
            self._pid = _start(self._path)
            log.info("the daily jobs run again (process %d)", self._pid)


def _start(path: Path) -> int:
    program = (sys.executable, "-P", "-m", "protocols.commands.command_line", "--config", str(path))
    told = {name: value for name, value in os.environ.items() if name != VARIABLE}
    process = subprocess.Popen(  # noqa: S603 - this program itself
        [*program, "jobs", "daily", "--as-long-as", str(os.getpid())],
        env=told,
        stdin=subprocess.DEVNULL,
        process_group=0,  # the terminal's SIGINT is for the server
    )
    process.returncode = 0  # it is waited for in `look`
    os.environ[VARIABLE] = str(process.pid)
    return process.pid
