"""Files of SQLite: which of them are libraries, how they are opened, and what can go wrong."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from catalogue.bitmaps import MERGE_BITMAPS, merge
from catalogue.database.outages import PATIENCE

#: What SQLite says when not the work but the disk, the file or another process is at fault.
OUTAGES: Final = {
    sqlite3.SQLITE_BUSY: "another process has kept the write lock for too long",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the disk or the file is read-only",
    sqlite3.SQLITE_PERM: "the file may not be changed",
    sqlite3.SQLITE_IOERR: "the disk refuses to read or write",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
    sqlite3.SQLITE_PROTOCOL: "the file's locks do not work",
}


def connect(path: Path, patience: float = PATIENCE, mapped: bool = True) -> sqlite3.Connection:
    """A connection with the settings that the durability promise rests on."""
    connection = sqlite3.connect(
        path,
        timeout=patience,  # for another process, a load or a backup, with the write lock
        isolation_level=None,  # transactions are opened and closed here, not by the driver
        check_same_thread=False,
        cached_statements=512,
    )
    connection.create_function(MERGE_BITMAPS, 2, merge, deterministic=True)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA mmap_size=268435456" if mapped else "PRAGMA mmap_size=0")
    return connection


#: SQLite reports these for the files beside a database, too, when the disk has no room for them.
_PERHAPS_FULL: Final = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
#: Bytes that SQLite needs for its index of the log, with a page of the log.
_ROOM_BYTES: Final = 64 * 1024


def outage_of(error: sqlite3.Error, path: Path | None = None) -> str | None:
    """Return in words what is at fault other than the work; None where the work is.

    `path` is the file of the database: its disk is asked for room where SQLite's code leaves that
    open.
    """
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in OUTAGES:
        return None
    reason = code & 0xFF
    if path is not None and reason in _PERHAPS_FULL and is_disk_full(path):
        reason = sqlite3.SQLITE_FULL
    return f"{OUTAGES[reason]} ({error.sqlite_errorname}: {error})"


def is_disk_full(path: Path) -> bool:
    """Return whether the disk of a file has no room for the files that SQLite makes beside it."""
    try:
        return shutil.disk_usage(path.parent).free < _ROOM_BYTES
    except OSError:
        return False


class NotALibrary(Exception):
    """The file or database belongs to another program; it was not touched."""


def is_foreign(tables: set[str]) -> bool:
    """Are these the tables of a database of another program?"""
    if "alembic_version" not in tables:
        return bool(tables)
    return len(tables) > 1 and "records" not in tables


def foreign(where: str, tables: set[str]) -> NotALibrary:
    """The error for a database that holds the tables of another program."""
    some = ", ".join(sorted(tables)[:3])
    return NotALibrary(f"{where} is no library: it holds tables of another program ({some})")


def refuse_foreign(path: Path) -> None:
    """Raises NotALibrary where a file is there that is empty or another program's.

    The file is read only, so that nothing of it changes. What cannot be read at all is left to
    whoever opens it in earnest.
    """
    try:
        size = path.stat().st_size
    except OSError:
        return
    # With a log beside it the file is incomplete: it may just be being made.
    has_log = any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-journal"))
    if size == 0 and not has_log:
        raise NotALibrary(f"{path} is no library: it is an empty file")
    # Without one, reading it need leave nothing beside it.
    how = "mode=ro" if has_log else "immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as found:
            rows = found.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            tables = {str(name) for (name,) in rows if not name.startswith("sqlite_")}
    except sqlite3.Error:
        return
    if is_foreign(tables):
        raise foreign(str(path), tables)


def remove_empty(url: str) -> None:
    """Removes the file of a library whose making failed before anything was in it."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and path.is_file() and path.stat().st_size == 0:
        path.unlink()
