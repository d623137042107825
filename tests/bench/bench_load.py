"""Bulk loading of all real records into SQLite: `python -m tests.bench.bench_load [PROCESSES]`."""

from __future__ import annotations

import lzma
import os
import resource
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from catalogue.database import migrate, open_database
from catalogue.loading import load_files


def main(processes: int | None = None) -> None:
    """Prints records/s of wall and CPU (workers included), memory, and the size of the result.

    Loads the plain file, as other systems are given it, and the packed one, unpacked on the way.
    """
    shared = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[2].parent / "shared")
    packed = shared / "data/marc/real.mrc.xz"
    with tempfile.TemporaryDirectory(prefix="tiro-bench-") as name:
        folder = Path(name)
        plain = folder / "real.mrc"
        with lzma.open(packed) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        for path in (plain, packed):
            print(f"{path.name}:")
            _measure(path, folder, processes)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"peak memory {own} MB here, {worker} MB in the largest worker")


def _measure(source: Path, folder: Path, processes: int | None) -> None:
    path = folder / f"{source.name}.sqlite"
    url = f"sqlite:///{path}"
    migrate(url)
    database = open_database(url)
    before, start = os.times(), time.perf_counter()
    [report] = load_files(
        database, [source], now=datetime.now(UTC), processes=processes, reject_folder=folder
    )
    database.close()
    wall, after = time.perf_counter() - start, os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    size = path.stat().st_size / 1e6
    print(f"  {report.read:,} records, {report.rejected} set aside, {wall:.1f} s, {cpu:.1f} CPU s")
    print(f"  {report.read / wall:,.0f} records/s wall, {report.read / cpu:,.0f} per CPU second")
    print(f"  database {size:.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
