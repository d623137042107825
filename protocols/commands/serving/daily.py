"""`tiro jobs daily`: the daily jobs where no timer starts them, as in a container."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Final

import click

from protocols.commands.shared.databases import refuse_missing
from protocols.commands.shared.settings import Settings

#: When the jobs of a day are due, unless told otherwise: as in deploy/tiro-jobs.timer.
DUE: Final = "05:00"
#: What failed is tried again after this, which does what was left undone.
AGAIN: Final = timedelta(hours=1)
#: Seconds between two looks at the clock, and at the process that this one is to end with.
_LOOK: Final = 1.0


class Daily:
    """Once a day, at a time of day or later: for a process that starts late, or was asleep, too."""

    def __init__(self, due: time_of_day) -> None:
        self._due = due
        self._done: date | None = None
        self._failed: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Are the jobs to be run now, by the time of the day in the zone of `now`?"""
        if now.time() < self._due or now.date() == self._done:
            return False
        return self._failed is None or not timedelta() <= now - self._failed < AGAIN

    def has_run(self, now: datetime, *, is_done: bool) -> None:
        self._done = now.date() if is_done else None
        self._failed = None if is_done else now


@click.command()
@click.option(
    "--at",
    "due",
    type=click.DateTime(["%H:%M"]),
    default=DUE,
    show_default=True,
    help="The time of the day, in the zone of the machine (variable TZ).",
)
@click.option("--as-long-as", "pid", type=int, help="End when this process has ended.")
@click.pass_obj
def daily(settings: Settings, due: datetime, pid: int | None) -> None:
    """Run all jobs every day, until ended: for a container, where no timer does.

    `tiro serve --with-jobs` does this beside the server. What another process is running, or has
    run for the day, is left to it, as with `run --unless-done`; what has failed is tried again
    after an hour.
    """
    if pid is None:
        refuse_missing(settings.foundation.session_url)
    program = (sys.executable, "-P", "-m", "protocols.commands.command_line")
    command = (*program, "--config", str(settings.path), "jobs", "run", "--unless-done")

    def is_over() -> bool:
        return pid is not None and os.getppid() != pid

    days = Daily(due.time())
    while not is_over():
        now = datetime.now().astimezone()
        if days.is_due(now):
            days.has_run(now, is_done=_run(command, is_over) == 0)
        time.sleep(_LOOK)


def _run(command: tuple[str, ...], is_over: Callable[[], bool]) -> int:
    """The status of the command, which ends when this is over: it can be run again."""
    process = subprocess.Popen(command)  # noqa: S603 - this program itself
    while process.poll() is None:
        if is_over():
            process.terminate()
            return process.wait()
        time.sleep(_LOOK)
    return process.returncode
