"""Bulk loading of all real records into SQLite, and by Zebra where it is installed, in turns.

    python -m tests.bench.bench_load [PROCESSES]        (1, then as many as there are cores)

CPU is that of all processes that take part. Machines differ by half, and one machine by the hour:
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
from datetime import UTC, datetime
from pathlib import Path

from catalogue.database import migrate, open_database
from catalogue.loading import load_files
from tests.bench.bench_z3950 import zebra_index

ROUNDS = 2


def main(processes: int | None = None) -> None:
    """Prints records/s of wall and CPU, memory, and the size of the result."""
    shared = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[2].parent / "shared")
    packed = shared / "data/marc/real.mrc.xz"
    counts = (processes,) if processes else tuple(sorted({1, os.cpu_count() or 1}))
    with tempfile.TemporaryDirectory(prefix="tiro-bench-") as name:
        folder = Path(name)
        plain = folder / "real.mrc"
        with lzma.open(packed) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        for number in range(ROUNDS):
            for count in counts:
                _measure(
                    f"Tiro, {count} processes", folder, lambda to, n=count: _tiro(plain, to, n)
                )
            if shutil.which("zebraidx"):
                _measure("Zebra", folder, lambda to: zebra_index(to, plain) and _records(plain))
            if not number:
                _measure("Tiro, packed", folder, lambda to: _tiro(packed, to, counts[-1]))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {own} MB here")


def _measure(name: str, folder: Path, load: Callable[[Path], int]) -> None:
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


def _tiro(source: Path, folder: Path, processes: int) -> int:
    url = f"sqlite:///{folder / 'tiro.sqlite'}"
    migrate(url)
    database = open_database(url)
    [report] = load_files(
        database, [source], now=datetime.now(UTC), processes=processes, reject_folder=folder
    )
    database.close()
    return report.read


def _records(path: Path) -> int:
    return path.read_bytes().count(b"\x1d")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
