"""How far long work has come: a bar where a terminal is there, else a line now and then.

    with progress() as report:
        report("books.mrc", "records", 12_000, 40_000)  # of how many, where that is known

Everything goes to standard error: what a command answers is not mixed with it. A log gets no bars.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import click

#: Seconds between two lines where no terminal is there; short work has none.
EVERY: Final = 10.0


class Report(Protocol):
    """Told as often as anything is known: what is being worked on, and how much of it is done.

    Work begins where the work before it was last heard of, so that what reports first when a part
    is done is timed from there. `unit`: of the counts (``records``; ``bytes`` are written as such).
    `counted`: how many of it that is, where the share is told in another measure.
    """

    def __call__(
        self,
        what: str,
        unit: str,
        done: int,
        total: int | None = None,
        counted: int | None = None,
    ) -> None: ...


@contextmanager
def progress(clock: Callable[[], float] = time.monotonic) -> Iterator[Report]:
    """Shows progress as long as the work within lasts."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines(clock)
        return
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        shown: dict[str, tuple[TaskID, _Counted]] = {}
        last = clock()

        def report(
            what: str,
            unit: str,
            done: int,
            total: int | None = None,
            counted: int | None = None,
        ) -> None:
            nonlocal last
            if what not in shown:
                shown[what] = bars.add_task(what, total=total, told=""), _Counted(last)
            for other, (each, _) in shown.items():
                bars.update(each, visible=other == what)
            bar, count = shown[what]
            begun = count.begun(done, last)
            last = clock()
            told = _told(unit, done if counted is None else counted, last - begun)
            bars.update(bar, completed=done, total=total, told=told)

        yield report


class _Counted:
    """When what is counted was begun; where it is counted anew, so is its time."""

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self._done = 0

    def begun(self, done: int, last: float) -> float:
        """`last`: when the work before it was last heard of."""
        if done < self._done:
            self._begun = last
        self._done = done
        return self._begun


class Lines:
    """Progress for logs: a plain line with the share, the rate and the time that is left."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begun: dict[str, _Counted] = {}
        self._told = self._last = clock()

    def __call__(
        self,
        what: str,
        unit: str,
        done: int,
        total: int | None = None,
        counted: int | None = None,
    ) -> None:
        now = self._clock()
        begun = self._begun.setdefault(what, _Counted(self._last)).begun(done, self._last)
        self._last = now
        if now - self._told < EVERY:
            return
        self._told = now
        parts = [_told(unit, done if counted is None else counted, now - begun)]
        if total:
            parts.insert(0, f"{100 * min(done, total) // total} %")
            if 0 < done < total and now > begun:
                parts.append(f"{_duration((now - begun) * (total - done) / done)} left")
        click.echo(f"{what}: {', '.join(filter(None, parts))}", err=True)


def _told(unit: str, count: int, seconds: float) -> str:
    rate = count / seconds if seconds > 0 else 0.0
    if unit == "bytes":
        from rich.filesize import decimal

        return f"{decimal(count)}, {decimal(int(rate))}/s"
    return f"{count:,} {unit}, {rate:,.0f} {unit}/s" if count else ""


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
