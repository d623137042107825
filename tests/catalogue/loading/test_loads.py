"""Loads that are killed and run again: nothing is lost, nothing is there twice."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalogue.database import open_database
from catalogue.index.access_points import ACCESS_POINTS, Kind
from tests.catalogue.loading.test_loading import (
    _all_records,
    _count_records,
    index_of,
    load,
    some_records,
)

LOADER = """
import sys, time
from datetime import datetime, UTC
from pathlib import Path
from catalogue.database import open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions

if __name__ == "__main__":
    database = open_database(sys.argv[1])
    def show(progress):
        print(progress.read, flush=True)
        time.sleep(0.1)
    load_files(database, [Path(sys.argv[2])], LoadOptions(
        now=datetime(2026, 3, 2, tzinfo=UTC), processes=1, batch_size=50, on_progress=show))
    database.close()
"""


@pytest.fixture
def interrupted(database_url: str, tmp_path: Path) -> tuple[str, Path]:
    """A database whose load was killed in the middle, and the file."""
    data = some_records(1_000)
    data[25] = data[25][:-30] + b"\x1d"
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(data))
    script = tmp_path / "loader.py"
    script.write_text(LOADER)
    process = subprocess.Popen(
        [sys.executable, str(script), database_url, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return database_url, path


def test_killed_and_run_again(interrupted: tuple[str, Path]) -> None:
    url, path = interrupted
    database = open_database(url)
    before = database.read(_count_records).result()
    assert 100 <= before < 999
    report = load(database, path)
    assert report.before >= before
    assert report.before + report.read == 1_000
    positions = [row[1] for row in database.read(_all_records).result()]
    assert positions == [number for number in range(1, 1_001) if number != 26]
    rows = index_of(database).rows
    title = ACCESS_POINTS["title"].index(Kind.WORD)
    assert len(rows[title, b"many"]) == 999
    assert (path.parent / "a.mrc.rejected.txt").read_text().count("\n") == 1
    assert load(database, path).was_loaded_before
    database.close()


def test_rejections_of_an_interrupted_batch_are_not_doubled(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between writing what is set aside and the commit."""
    data = some_records(4)
    broken = data[0][:-20] + b"\x1d"
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join([broken, data[1], broken, data[3]]))
    database = open_database(sqlite_url)

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("catalogue.loading.files._File._store", fail)
        with pytest.raises(KeyboardInterrupt):
            load(database, path)
    assert (tmp_path / "a.mrc.rejected.mrc").read_bytes() == broken * 2
    report = load(database, path)
    assert (report.loaded, report.rejected) == (2, 2)
    assert (tmp_path / "a.mrc.rejected.mrc").read_bytes() == broken * 2
    assert (tmp_path / "a.mrc.rejected.txt").read_text().count("\n") == 2
    database.close()


def test_digest_is_of_the_bytes_on_the_disk(tmp_path: Path) -> None:
    from catalogue.loading.loads import digest_of

    path = tmp_path / "a"
    path.write_bytes(b"x" * 100_000)
    assert digest_of(path) == hashlib.blake2b(b"x" * 100_000, digest_size=32).hexdigest()
