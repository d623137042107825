"""A server that tells how long its writers' turns were: `python -m tests.bench.turns ARGUMENT...`
is `tiro ARGUMENT...`.

A turn is what shares a commit; nobody else writes meanwhile. For each kind (``short``: of the
thread that serves; ``long``: of the writer thread) a line at the end of the server, on standard
error, once for the seconds in which statements are compiled as they are met, and once for all that
follow:

    turns KIND NUMBER MEDIAN P99 LONGEST CPU

in milliseconds of the clock, without the commit of short ones, and the most that one took of the
processor. Below it stand the longest: the clock, the processor, when it began, in seconds since the
first turn, and whose job took most of it.
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from catalogue.database import short_writes, sqlite
from protocols.commands.command_line import main

#: Seconds from the first turn in which what is met for the first time is compiled.
FIRST_SECONDS: Final = 5.0
#: So many of the longest are named.
NAMED: Final = 3


class Turn(NamedTuple):
    """Milliseconds of the clock, and of the thread's processor; the name of the longest job."""

    wall: float
    cpu: float
    job: str
    began: float


TURNS: dict[str, list[Turn]] = {"short": [], "long": []}
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
    noted = TURNS[kind]

    def timed(*arguments: Any) -> Any:
        _jobs.clear()
        begun, cpu = time.perf_counter(), time.thread_time()
        try:
            return work(*arguments)
        finally:
            cpu, wall = time.thread_time() - cpu, time.perf_counter() - begun
            if noted is TURNS["short"] or TURNS["short"]:  # before it serves, a demo is filled
                longest = max(_jobs, default=(0.0, "no job"))[1]
                noted.append(Turn(wall * 1e3, cpu * 1e3, longest, begun))

    return timed


def _line(kind: str, turns: Sequence[Turn], begun: float) -> str:
    walls = sorted(turn.wall for turn in turns)
    count = len(walls)
    figures = (walls[count // 2], walls[count * 99 // 100], walls[-1])
    shown = " ".join(f"{each:.2f}" for each in (*figures, max(each.cpu for each in turns)))
    named = sorted(turns, reverse=True)[:NAMED]
    return "\n".join(
        [
            f"turns {kind} {count} {shown}",
            *(
                f"turns   {each.wall:.2f} {each.cpu:.2f} {each.began - begun:.0f} s {each.job}"
                for each in named
            ),
        ]
    )


def _tell() -> None:
    begun = min((turn.began for turn in TURNS["short"]), default=0.0) + FIRST_SECONDS
    for kind, turns in TURNS.items():
        first = [turn for turn in turns if turn.began < begun]
        for name, some in ((f"{kind} at first", first), (kind, turns[len(first) :])):
            if some:
                print(_line(name, some, begun - FIRST_SECONDS), file=sys.stderr, flush=True)


if __name__ == "__main__":
    short, long = short_writes.ShortWrites, sqlite.SqliteDatabase
    short._run_batch = _timed("short", short._run_batch)  # type: ignore[method-assign]
    long._outcomes = _timed("long", long._outcomes)  # type: ignore[method-assign]
    timed_job = _timed_job(short_writes.outcome_of)
    short_writes.outcome_of = sqlite.outcome_of = timed_job  # type: ignore[attr-defined]
    atexit.register(_tell)
    main()
