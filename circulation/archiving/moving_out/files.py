"""The files of what is moved out: JSON lines by table and year, and a manifest that is whole last.

Until all of them are, they have `.part` at the end of their names, or the manifest has: what is
found in such a folder was left by somebody who was stopped, and is written anew. So nothing else
is ever overwritten.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TextIO

from catalogue.database import Database
from circulation.archiving.forms import FORMS
from circulation.archiving.manifest import (
    MANIFEST,
    ArchivedFile,
    Manifest,
    digest_of,
    read_manifest_of,
    write_manifest,
)
from circulation.archiving.moving_out.old_rows import OLD, Old
from circulation.archiving.moving_out.readiness import CannotMoveOut

FORM: Final = "jsonl"
_PART: Final = ".part"
_UNFINISHED: Final = MANIFEST + _PART

#: Takes the table that is worked on, and how many of its rows are done.
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class MovedManifest(Manifest):
    """`before`: the day before which all of it happened."""

    before: str = ""

    def rows_of(self, table: str) -> int:
        """How many rows of the table the files have."""
        return sum(each.rows for name, each in self.files.items() if table_of(name) == table)


def table_of(name: str) -> str:
    """The table whose rows a file has."""
    return name.partition("-")[0]


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Nobody else writes into the folder, which is made if need be, nor deletes what is in it.
    It is removed if nothing came into it. Raises CannotMoveOut."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotMoveOut(f"another process is at it in {folder}") from None
        yield
    finally:
        os.close(handle)
        with suppress(OSError):  # there is something in it
            folder.rmdir()


def write_files(
    database: Database, folder: Path, manifest: MovedManifest, moment: datetime, tell: Progress
) -> MovedManifest:
    """Writes what ended before the moment, and gives the manifest with all files. They are on the
    disk; the manifest is named in `finish_files`. Raises FileExistsError for a folder with files
    of anybody else."""
    _clear(folder)
    rows: dict[str, int] = {}
    with ExitStack() as stack:
        files: dict[str, TextIO] = {}
        for old in OLD:
            for name, found in _by_year(database, old, moment, tell):
                if name not in files:
                    path = folder / (name + _PART)
                    files[name] = stack.enter_context(path.open("w", encoding="utf-8"))
                written = FORMS[FORM].write(files[name], list(old.table.columns), found)
                rows[name] = rows.get(name, 0) + written
        for file in files.values():
            file.flush()
            os.fsync(file.fileno())
    described = {
        name: ArchivedFile(rows[name], digest_of(folder / (name + _PART))) for name in sorted(rows)
    }
    manifest.files.update(described)
    if rows:
        write_manifest(folder, manifest, _UNFINISHED)
        _flush(folder / _UNFINISHED)
        for name in rows:
            (folder / (name + _PART)).rename(folder / name)
        _flush(folder)
    return manifest


def _clear(folder: Path) -> None:
    """Takes away what somebody left who was stopped."""
    found = list(folder.iterdir())
    is_unfinished = (folder / _UNFINISHED).exists() and not (folder / MANIFEST).exists()
    if not is_unfinished and any(not each.name.endswith(_PART) for each in found):
        raise FileExistsError(f"{folder} is not empty")
    for each in found:
        each.unlink()


def _by_year(
    database: Database, old: Old, moment: datetime, tell: Progress
) -> Iterator[tuple[str, list[Any]]]:
    """The old rows of a table, each with the name of its file."""
    bounds = database.read(old.bounds, wide=True).result()
    after: int | None = 0
    done = 0

    def year_of(row: Any) -> int:
        return old.ended(row).year

    while after is not None:
        asked = partial(old.page, after, moment, bounds)
        page = database.read(asked, wide=True).result()
        for year, rows in groupby(page.rows, year_of):
            yield f"{old.table.name}-{year}.{FORM}", list(rows)
        after, done = page.goes_on, done + len(page.rows)
        tell(old.table.name, done)


def noted_digest(folder: Path) -> str | None:
    """The SHA-256 of the manifest, be it named already or not; None where there is none."""
    named = (folder / each for each in (MANIFEST, _UNFINISHED))
    return next((digest_of(path) for path in named if path.is_file()), None)


def finish_files(folder: Path, revisions: Collection[str]) -> MovedManifest:
    """Names the manifest, as it is noted now, and checks all files by it. Raises
    UnreadableArchive."""
    if (folder / _UNFINISHED).exists():
        (folder / _UNFINISHED).rename(folder / MANIFEST)
        _flush(folder)
    return read_manifest_of(MovedManifest, folder, revisions)


def ids_in(path: Path) -> Iterator[int]:
    """The ids of the rows in a file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["id"]


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
