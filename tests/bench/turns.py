"""A server that tells how long its writers' turns were: `python -m tests.bench.turns ARGUMENT...`
is `tiro ARGUMENT...`.

A turn is what a thread writes without doing anything else. For each kind (``short``: of the thread
that serves; ``long``: of the writer thread) a line at the end of the server, on standard error,
once for the seconds in which statements are compiled as they are met, and once for all that follow:

    turns KIND NUMBER MEDIAN P99 LONGEST CPU

in milliseconds of the clock, without the commit of short ones, and the most that one took of the
processor. A ``batch`` is how long nobody else could write: short turns and the commit that they
share, or a copy of the log; of the clock alone. Below it stand the longest: the clock, the
processor, when it began, in seconds since the first turn, and whose job took most of it.
"""

from __future__ import annotations

import atexit
import sys
import time
from array import array
from collections.abc import Callable
from functools import partial
from heapq import heappush, heappushpop
from typing import Any, Final, NamedTuple

from catalogue.database import batches, short_writes, sqlite
from protocols.commands.command_line import main

#: Seconds from the first turn in which what is met for the first time is compiled.
FIRST_SECONDS: Final = 5.0
#: So many of the longest are named.
NAMED: Final = 3


class Turn(NamedTuple):
    """Milliseconds of the clock, and of the thread's processor; the longest job; seconds
    since the first turn."""

    wall: float
    cpu: float
    job: str
    began: float


class Some:
    """Turns of a kind: of all the clock, and of the longest more, so that an hour of them takes no
    room that would be taken for the server's."""

    def __init__(self) -> None:
        self.walls = array("f")
        self.cpu = 0.0
        self.longest: list[Turn] = []

    def add(self, turn: Turn) -> None:
        self.walls.append(turn.wall)
        self.cpu = max(self.cpu, turn.cpu)
        if len(self.longest) < NAMED:
            heappush(self.longest, turn)
        else:
            heappushpop(self.longest, turn)


#: By what is told of them; and when the first short one began.
TURNS: dict[str, Some] = {
    f"{kind}{when}": Some() for kind in ("short", "long", "batch") for when in (" at first", "")
}
_begun: list[float] = []
_jobs: list[tuple[float, str]] = []


def _name(work: Any) -> str:
    """What the work is called, and within it, where it is wrapped, the work of a handler."""
    while isinstance(work, partial):
        work = work.func
    inner = dict(zip(work.__code__.co_freevars, work.__closure__ or (), strict=True)).get("work")
    own = f"{work.__module__}.{work.__qualname__}"
    return own if inner is None else _name(inner.cell_contents)


def _timed_job(outcome_of: Callable[..., Any]) -> Callable[..., Any]:
    def timed(job: Any, *arguments: Any) -> Any:
        begun = time.perf_counter()
        try:
            return outcome_of(job, *arguments)
        finally:
            _jobs.append((time.perf_counter() - begun, _name(job[0])))

    return timed


def _timed(kind: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        _jobs.clear()
        begun, cpu = time.perf_counter(), time.thread_time()
        try:
            return work(*arguments)
        finally:
            cpu, wall = time.thread_time() - cpu, time.perf_counter() - begun
            if kind == "short" and not _begun:
                _begun.append(begun)
            _add(kind, begun, wall, cpu, max(_jobs, default=(0.0, "no job"))[1])

    return timed


def _add(kind: str, begun: float, wall: float, cpu: float, longest: str) -> None:
    if _begun:  # before it serves, a demo is filled
        since = begun - _begun[0]
        name = f"{kind} at first" if since < FIRST_SECONDS else kind
        TURNS[name].add(Turn(wall * 1e3, cpu * 1e3, longest, since))


def _timed_batch(end: Callable[[Any], None]) -> Callable[[Any], None]:
    def timed(self: Any) -> None:
        begun, now = self.began, time.perf_counter()  # on Linux the clock of both
        end(self)
        _add("batch", begun, now - begun, 0.0, "all of its")

    return timed


def _line(name: str, turns: Some) -> str:
    walls = sorted(turns.walls)
    count = len(walls)
    figures = (walls[count // 2], walls[count * 99 // 100], walls[-1], turns.cpu)
    shown = " ".join(f"{each:.2f}" for each in figures)
    return "\n".join(
        [
            f"turns {name} {count} {shown}",
            *(
                f"turns   {each.wall:.2f} {each.cpu:.2f} {each.began:.0f} s {each.job}"
                for each in sorted(turns.longest, reverse=True)
            ),
        ]
    )


def _tell() -> None:
    for name, turns in TURNS.items():
        if turns.walls:
            print(_line(name, turns), file=sys.stderr, flush=True)


if __name__ == "__main__":
    short, long = short_writes.ShortWrites, sqlite.SqliteDatabase
    short._run_turn = _timed("short", short._run_turn)  # type: ignore[method-assign]
    short._end = _timed_batch(short._end)  # type: ignore[method-assign]
    long._outcomes = _timed("long", long._outcomes)  # type: ignore[method-assign]
    timed_job = _timed_job(batches.outcome_of)
    for module in (batches, short_writes, sqlite):
        module.outcome_of = timed_job  # type: ignore[attr-defined]
    atexit.register(_tell)
    main()
