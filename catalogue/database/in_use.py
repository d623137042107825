"""Who is using a whole database: its servers, or somebody who replaces all that is in it.

A server of a SQLite file holds a lock on a file beside it (``tiro.sqlite-server``), shared with the
processes of the same server only; the one of them that makes changes holds another
(``tiro.sqlite-writer``). Each connection of a server of PostgreSQL holds an advisory lock,
shared with all others; behind a pooler one session beside the pool holds it, and each transaction
for as long as it lasts (`catalogue.database.presence`). A restore or an import takes either
exclusively. Both locks end with the process or connection that holds them, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

#: The number of the advisory lock: any that no other program of the database uses.
ADVISORY_LOCK: Final = 0x7161

#: Seconds for which PostgreSQL may still show the connections of a server that has just stopped.
LETTING_GO: Final = 2.0


class DatabaseInUse(Exception):
    """A server has the database, or somebody who replaces it; the message says which process."""


class FileLock:
    """The lock beside a SQLite file, held until `release`; the file that it is on says by whom."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle

    @classmethod
    def shared(cls, path: Path, holder: str) -> FileLock:
        """Held by one server: all processes that give the same name. Raises DatabaseInUse."""
        return cls._taken(path, holder, is_shared=True)

    @classmethod
    def alone(cls, path: Path, holder: str) -> FileLock:
        """Held by nobody else. Raises DatabaseInUse."""
        return cls._taken(path, holder, is_shared=False)

    @classmethod
    def of_writer(cls, path: Path, holder: str) -> FileLock | None:
        """Held by the one process of a server that makes changes; None while another has it."""
        try:
            return cls._taken(path, holder, is_shared=False, name="writer")
        except DatabaseInUse:
            return None

    @classmethod
    def _taken(cls, path: Path, holder: str, *, is_shared: bool, name: str = "server") -> FileLock:
        handle = os.open(f"{path}-{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held_by = os.pread(handle, 200, 0).decode(errors="replace")
                if not is_shared or held_by != holder:
                    raise DatabaseInUse(f"the database {path} is in use: {held_by}") from None
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            else:
                os.truncate(handle, 0)
                os.pwrite(handle, holder.encode()[:200], 0)
                if is_shared:
                    fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BaseException as error:
            os.close(handle)
            if isinstance(error, OSError) and error.filename is None:
                error.filename = f"{path}-{name}"  # so that the message names the disk
            raise
        return cls(path, handle)

    def release(self) -> None:
        os.close(self._handle)


@contextmanager
def kept_from_others(url: str, holder: str) -> Iterator[None]:
    """Within it no other server of a SQLite file begins; for a server that is about to.

    Servers of PostgreSQL do not mind each other. Raises DatabaseInUse.
    """
    lock = _lock_of(url, FileLock.shared, holder)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


@contextmanager
def nobody_else(url: str, holder: str) -> Iterator[None]:
    """Within it no server begins or goes on; for whoever replaces all that the database holds.

    `holder`: what the next is told, such as ``host-a process 4711 restores a backup``. Raises
    DatabaseInUse.
    """
    if not url.startswith("sqlite:"):
        with _advisory_lock(url):
            yield
        return
    lock = _lock_of(url, FileLock.alone, holder)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _lock_of(url: str, take: Callable[[Path, str], FileLock], holder: str) -> FileLock | None:
    """The lock of a SQLite file, if its folder is there; who opens the file says what is not."""
    path = Path(url.removeprefix("sqlite:///"))
    return take(path, holder) if url.startswith("sqlite:") and path.parent.is_dir() else None


@contextmanager
def _advisory_lock(url: str) -> Iterator[None]:
    import psycopg

    from catalogue.database.connections import bounded, place_of, refuse_pool
    from catalogue.database.outages import PATIENCE

    with psycopg.connect(bounded(url, PATIENCE), autocommit=True) as connection:
        refuse_pool(connection, url)
        end = time.monotonic() + LETTING_GO
        while not _is_true(connection, "SELECT pg_try_advisory_lock(%s)"):
            if time.monotonic() < end:
                time.sleep(0.05)
                continue
            rows = connection.execute(_HOLDERS, [ADVISORY_LOCK]).fetchall()
            held_by = ", ".join(str(name) for (name,) in rows) or "another process"
            raise DatabaseInUse(f"the database {place_of(url)} is in use: {held_by}")
        yield


def share_with_servers(connection: Any) -> bool:
    """Takes the advisory lock on a server's connection; False where somebody has it alone."""
    return _is_true(connection, "SELECT pg_try_advisory_lock_shared(%s)")


def _is_true(connection: Any, statement: str) -> bool:
    row = connection.execute(statement, [ADVISORY_LOCK]).fetchone()
    return bool(row and row[0])


_HOLDERS: Final = """
SELECT DISTINCT coalesce(nullif(application_name, ''), 'a connection of ' || usename)
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %s AND objsubid = 1
AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
