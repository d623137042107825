"""A server that tells how long its writers' turns were: `python -m tests.bench.turns ARGUMENT...`
is `tiro ARGUMENT...`.

A turn is what shares a commit; nobody else writes meanwhile. For each kind (``short``: of the
thread that serves; ``long``: of the writer thread) a line at the end of the server, on standard
error:

    turns KIND NUMBER MEDIAN P99 LONGEST CPU

in milliseconds of the clock, without the commit of short ones, and the most that one took of the
processor.
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from catalogue.database.short_writes import ShortWrites
from catalogue.database.sqlite import SqliteDatabase
from protocols.commands.command_line import main


class Turn(NamedTuple):
    """Milliseconds of the clock, and of the thread's processor."""

    wall: float
    cpu: float


TURNS: dict[str, list[Turn]] = {"short": [], "long": []}


def _timed(kind: str, work: Callable[..., Any]) -> Callable[..., Any]:
    noted = TURNS[kind]

    def timed(*arguments: Any) -> Any:
        begun, cpu = time.perf_counter(), time.thread_time()
        try:
            return work(*arguments)
        finally:
            cpu, wall = time.thread_time() - cpu, time.perf_counter() - begun
            if noted is TURNS["short"] or TURNS["short"]:  # before it serves, a demo is filled
                noted.append(Turn(wall * 1e3, cpu * 1e3))

    return timed


def _tell() -> None:
    for kind, turns in TURNS.items():
        if turns:
            walls = sorted(turn.wall for turn in turns)
            count = len(walls)
            figures = (walls[count // 2], walls[count * 99 // 100], walls[-1])
            shown = " ".join(f"{each:.2f}" for each in (*figures, max(each.cpu for each in turns)))
            print(f"turns {kind} {count} {shown}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    ShortWrites._run_batch = _timed("short", ShortWrites._run_batch)  # type: ignore[method-assign]
    SqliteDatabase._outcomes = _timed("long", SqliteDatabase._outcomes)  # type: ignore[method-assign]
    atexit.register(_tell)
    main()
