"""Bulk loading of all real records into SQLite, into PostgreSQL and by Zebra, as far as these are
installed, in turns.

    python -m tests.bench.bench_load [PROCESSES]        (1, then as many as there are cores)

CPU is that of all processes that take part, worker processes from their start on; the empty library
is there before. PostgreSQL is a server of our own with its settings as they come, fsync included,
and its own CPU is not counted: what counts there is the time, which may be twice that of SQLite,
and when a first word of progress comes. Machines differ by half, and one machine by the hour:
the ratio to Zebra is what can be held against another day's.
"""

from __future__ import annotations

import lzma
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from catalogue.database import migrate, open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions, Stage
from tests.bench.bench_z3950 import zebra_index
from tests.bench.recombined import sample_path
from tests.bench.table import Figures, Row, note
from tests.faults.clusters import Cluster, a_cluster

ROUNDS = 2
#: What loading into PostgreSQL may take of the time of SQLite.
MOST_TIMES = 2.0


def main(processes: int | None = None) -> None:
    """Prints records a second and for each second of CPU, and the size of the result."""
    counts = (processes,) if processes else tuple(sorted({1, os.cpu_count() or 1}))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiro-bench-")))
        plain = folder / "real.mrc"
        with lzma.open(sample_path()) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        empty = folder / "empty.sqlite"
        migrate(f"sqlite:///{empty}")
        ways: dict[str, Callable[[Path], int]] = {
            f"Tiro, {count} at once": partial(_tiro, plain, empty, processes=count)
            for count in counts
        }
        if (server := _postgresql(stack)) is not None:
            ways["PostgreSQL"] = partial(_into_postgresql, plain, server, processes=counts[-1])
        if shutil.which("zebraidx"):
            ways["Zebra"] = partial(_zebra, plain)
        found: dict[str, list[Figures]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, load in ways.items():
                found[name].append(_measured(name, folder, load))
        unpacking = partial(_tiro, sample_path(), empty, processes=counts[-1])
        _measured("Tiro, unpacking xz", folder, unpacking)
    if "PostgreSQL" in found:
        theirs, ours = (
            max(run.per_second for run in found[way])
            for way in ("PostgreSQL", f"Tiro, {counts[-1]} at once")
        )
        print(f"PostgreSQL takes {ours / theirs:.2f} of SQLite's time (at most {MOST_TIMES:.0f})")
        del found["PostgreSQL"]
    best = {name: min(runs, key=lambda run: run.cpu_us) for name, runs in found.items()}
    peer = ("Zebra", best.pop("Zebra")) if "Zebra" in best else None
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {memory:.0f} MiB in this process")
    for count, figures in zip(counts, best.values(), strict=True):
        note(Row("Loading a record", count, figures, peer))


def _measured(name: str, folder: Path, load: Callable[[Path], int]) -> Figures:
    """`load` is given an empty folder, and gives the number of records."""
    with tempfile.TemporaryDirectory(dir=folder) as empty:
        before, start = os.times(), time.perf_counter()
        count = load(Path(empty))
        wall, after = time.perf_counter() - start, os.times()
        size = sum(path.stat().st_size for path in Path(empty).rglob("*") if path.is_file()) / 1e6
    cpu = sum(after[:4]) - sum(before[:4])
    print(
        f"{name:20} {count:,} records {wall:5.1f} s {cpu:5.1f} CPU s: {count / wall:6,.0f}/s,"
        f" {count / cpu:6,.0f} per CPU second; {size:.0f} MB",
        flush=True,
    )
    return Figures(cpu / count * 1e6, count / wall)


def _tiro(source: Path, empty: Path, folder: Path, *, processes: int) -> int:
    path = shutil.copy(empty, folder / "tiro.sqlite")
    database = open_database(f"sqlite:///{path}")
    [report] = load_files(
        database,
        [source],
        LoadOptions(now=datetime.now(UTC), processes=processes, reject_folder=folder),
    )
    database.close()
    return report.read


def _postgresql(stack: ExitStack) -> Cluster | None:
    """A server for as long as the stack lasts, where PostgreSQL is installed."""
    try:
        return stack.enter_context(a_cluster(is_durable=True))
    except pytest.skip.Exception as missing:
        print(missing)
        return None


def _into_postgresql(source: Path, server: Cluster, folder: Path, *, processes: int) -> int:
    """Into a fresh database each time; says when the first word came of it, and of the writing."""
    server.ask("DROP DATABASE IF EXISTS fresh WITH (FORCE)")
    server.ask("CREATE DATABASE fresh")
    url = server.url.rpartition("/")[0] + "/fresh"
    migrate(url)
    database = open_database(url)
    begun = time.perf_counter()
    words: dict[str, float] = {}

    def hear(stage: Stage) -> None:
        words.setdefault(stage.what, time.perf_counter() - begun)

    [report] = load_files(
        database,
        [source],
        LoadOptions(
            now=datetime.now(UTC), processes=processes, reject_folder=folder, on_stage=hear
        ),
    )
    database.close()
    print("first heard of", ", ".join(f"{what} at {at:.1f} s" for what, at in words.items()))
    return report.read


def _zebra(source: Path, folder: Path) -> int:
    zebra_index(folder, source)
    return source.read_bytes().count(b"\x1d")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
