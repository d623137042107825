"""Backups of the whole database, made while it is at work, and put back.

SQLite is copied page by page within one snapshot (its online backup), PostgreSQL by its own
``pg_dump`` and ``pg_restore``, which must be installed. A backup is a file that only its owner may
read. Putting one back replaces everything in one step: whoever reads meanwhile sees the old state
or the new one, and a failure leaves the old one.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from catalogue.database.in_use import nobody_else
from catalogue.database.migrations.running import (
    DatabaseTooNew,
    Fit,
    known_revisions,
    standing_of,
)
from catalogue.database.outages import DatabaseUnavailable

#: The first bytes of a backup, by the kind of its database.
_MAGIC: Final = {"sqlite": b"SQLite format 3\0", "postgresql": b"PGDMP"}


#: Told a few times a second: bytes that are written, and of how many, where that is known.
Progress = Callable[[int, int | None], None]
_TELL_EVERY: Final = 0.25


class BackupFailed(Exception):
    """A backup that could not be made or put back, with the reason."""


def back_up(url: str, path: Path, *, on_progress: Progress = lambda written, of: None) -> None:
    """Writes a backup to the path, in the place of what is there when it is whole.

    Raises BackupFailed.
    """
    # To open a file that does not exist would create it.
    if _kind(url) == "sqlite" and (not _size(_file_of(url)) or standing_of(url).fit is Fit.EMPTY):
        raise BackupFailed("the database holds no library: there is nothing to keep")
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if _kind(url) == "sqlite":
            with _watched(on_progress, _size(_file_of(url)), unfinished):
                _copy_sqlite(_file_of(url), unfinished)
        else:
            with _watched(on_progress, None, unfinished):
                _run("pg_dump", url, "--format=custom", f"--file={unfinished}")
        _make_durable(unfinished)
        unfinished.replace(path)
        _make_durable(path.parent)
    except OSError as error:
        raise BackupFailed(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def restore(
    url: str,
    path: Path,
    *,
    replacing: bool = False,
    on_progress: Progress = lambda written, of: None,
    holder: str = "another process restores a backup",
) -> None:
    """Puts a backup back into the database of the same kind at `url`.

    `replacing`: even if that holds a library, which is lost then; never while a server has it,
    which is told meanwhile what the `holder` of the database does. The tables are those of the
    backup's revision: `catalogue.database.migrate` brings them up to date. Raises BackupFailed,
    DatabaseInUse and NotALibrary.
    """
    kind = _kind(url)
    _check_kind(path, kind)
    if kind == "sqlite":
        _check_sqlite(path)
        try:
            _file_of(url).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BackupFailed(str(error)) from error
    with nobody_else(url, holder):
        _check_target(url, replacing)
        _put_back(url, path, replacing, on_progress)


def _check_target(url: str, replacing: bool) -> None:
    """Refuse a database that another program or a later release made, and one that holds a library
    unless it is replaced."""
    if _kind(url) == "sqlite" and not _size(_file_of(url)):
        return
    try:
        standing = standing_of(url)
    except DatabaseUnavailable:
        if _kind(url) == "sqlite" and replacing:
            return  # a damaged file is what a backup is for
        raise
    if standing.fit is Fit.TOO_NEW:
        raise DatabaseTooNew(f"{standing}: install the release that it was made for")
    if standing.fit is not Fit.EMPTY and not replacing:
        raise BackupFailed("the database holds a library already, which would be lost")


def _put_back(url: str, path: Path, replacing: bool, on_progress: Progress) -> None:
    if _kind(url) == "sqlite":
        file = _file_of(url)
        with _watched(on_progress, _size(path), file, Path(f"{file}-wal")):
            _copy_sqlite(path, file)
        return
    with _watched(on_progress, None):
        _run(
            "pg_restore",
            url,
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            *(("--clean", "--if-exists") if replacing else ()),
            str(path),
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@contextmanager
def _watched(on_progress: Progress, of: int | None, *grow: Path) -> Iterator[None]:
    """Tells how much the files have grown while the block runs; their writers tell nothing."""
    before = sum(map(_size, grow))
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_TELL_EVERY):
            on_progress(max(0, sum(map(_size, grow)) - before), of)

    watching = threading.Thread(target=watch, name="tiro-backup-progress", daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def _kind(url: str) -> str:
    return "sqlite" if url.startswith("sqlite:") else "postgresql"


def _file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def _check_kind(path: Path, kind: str) -> None:
    try:
        with path.open("rb") as file:
            first = file.read(16)
    except OSError as error:
        raise BackupFailed(f"{path} cannot be read: {error.strerror}") from error
    for each, magic in _MAGIC.items():
        if first.startswith(magic):
            if each != kind:
                raise BackupFailed(
                    f"{path} is a backup of {each}, and the database is one of {kind}: an archive "
                    "(`tiro export`, `tiro import`) goes from the one to the other"
                )
            return
    raise BackupFailed(f"{path} is not a backup")


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copies all pages in one go: step by step, it would begin again with every change."""
    try:
        with closing(sqlite3.connect(source)) as from_, closing(sqlite3.connect(target)) as to:
            to.execute("PRAGMA synchronous=FULL")
            from_.backup(to)
    except sqlite3.Error as error:
        raise BackupFailed(f"{source} to {target}: {error}") from error


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as backup:
            found = [str(row[0]) for row in backup.execute("PRAGMA integrity_check(5)")]
            revision = backup.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"{path} is not a backup, or is damaged: {error}") from error
    if found != ["ok"]:
        raise BackupFailed(f"{path} is damaged: {'; '.join(found)}")
    if revision is None or revision[0] not in known_revisions():
        raise BackupFailed(f"{path} was made by a newer Tiro than this one")


def _make_durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _run(program: str, url: str, *arguments: str) -> None:
    """Runs a program of PostgreSQL; the password is not among its arguments, which all can see."""
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(
            f"{program} is not installed: on Debian, apt-get install postgresql-client"
        )
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from catalogue.database.connections import conninfo_of, refuse_pool

    with (
        suppress(psycopg.OperationalError),  # the program says it
        psycopg.connect(conninfo_of(url), autocommit=True) as connection,
    ):
        refuse_pool(connection, url)  # it would give the settings of a program to somebody else
    told = conninfo_to_dict(conninfo_of(url))
    password = told.pop("password", None)
    address = make_conninfo("", **told)
    environment = dict(os.environ)
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, its arguments made above
        [found, f"--dbname={address}", "--no-password", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise BackupFailed(f"{program}: {lines[0].removeprefix(f'{program}: ')}")
