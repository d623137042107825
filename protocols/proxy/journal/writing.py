"""Writing the journal: at once to the file, and to the disk by a thread, for many records together.

`put` writes a record before it returns, so that a killed process loses none. Who must not go on
before it is on the disk gives a function, which is called from the reactor when it is: one
`fdatasync` is for all that were written while the last one was under way.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from protocols.proxy.journal.reading import (
    BEGIN,
    SUFFIX,
    Place,
    cut_torn_tail,
    days,
)
from protocols.proxy.journal.records import Record, line_of, stamp

log = logging.getLogger(__name__)

#: Called with None when what was written is on the disk, else with what went wrong.
Durable = Callable[[OSError | None], object]


class JournalInUse(Exception):
    """Another process writes it."""


class Known(NamedTuple):
    """A journal as it was read: up to which place, its last id, and its name."""

    place: Place
    last_id: int
    name: str


class Journal:
    """The journal in a folder, for one process. `now` gives the time, `call` runs a function in the
    reactor from a thread, `soon` when what has arrived is dealt with. `told` is given each record
    once it is written. `read` reads what stands there already.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime],
        call: Callable[..., object],
        soon: Callable[[Callable[[], None]], object],
        read: Callable[[], Known],
    ) -> None:
        self.folder = folder
        self._now = now
        self._call = call
        self._soon = soon
        self.told: Callable[[Record], object] = lambda record: None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(folder)
        self._file = -1
        self._day = self._path = ""
        self._waiting: list[Durable] = []
        self._batch: list[Durable] = []
        self._is_syncing = False
        self._wake = threading.Event()
        self._changing_file = threading.Lock()
        self._is_closing = False
        #: What was wrong with the last write; None if nothing.
        self.trouble: OSError | None = None
        #: Number of times that was waited for the disk, of records, and of their bytes.
        self.syncs = self.records = self.bytes = 0
        self.last_id, self.name = self._resume(read())
        self._thread = threading.Thread(target=self._sync, name="journal", daemon=True)
        self._thread.start()
        if not self.name:
            self.name = secrets.token_hex(4)
            self.put({"kind": "begin", "journal": self.name})

    def _resume(self, known: Known) -> tuple[int, str]:
        """Cuts a torn tail; the last id, and the journal's name."""
        for last in days(self.folder)[-1:]:
            cut_torn_tail(last, known.place.offset if last.stem == known.place.day else 0)
        return known.last_id, known.name

    @property
    def place(self) -> Place:
        """Where the next record will stand."""
        return Place(Path(self._path).stem, os.fstat(self._file).st_size) if self._path else BEGIN

    def number(self, request: int, part: int = 0) -> str:
        """The id of a request that is unique beside other journals'; `part` counts from 1."""
        return f"{self.name}-{request}" + (f".{part}" if part else "")

    def put(self, facts: Mapping[str, Any], durable: Durable | None = None) -> int:
        """Writes a record with these facts; returns its id. Raises OSError if it cannot be written,
        and then nothing of it stands there.
        """
        if self._is_closing:  # what comes while the process ends is told to the next one again
            raise OSError(errno.EBADF, "the journal is closed")
        self.last_id = number = self.last_id + 1
        record = cast("Record", {"id": number, "at": self._stamp(), **facts})
        self._write(line_of(record), durable)
        self.told(record)
        return number

    def _stamp(self) -> str:
        now = self._now()
        day = f"{now.year:04}-{now.month:02}-{now.day:02}" if now.tzinfo is UTC else stamp(now)[:10]
        if day != self._day:
            self._open(day)
        return f"{day}T{now.hour:02}:{now.minute:02}:{now.second:02}.{now.microsecond // 1000:03}Z"

    def _open(self, day: str) -> None:
        """Goes on in the file of a day; never in one before the last, if the clock was set back."""
        files = days(self.folder)
        name = max(day, files[-1].stem if files else "")
        path = self.folder / f"{name}{SUFFIX}"
        with self._changing_file:
            if self._file >= 0:
                os.fdatasync(self._file)
                os.close(self._file)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._day, self._path = day, str(path)
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _write(self, line: bytes, durable: Durable | None) -> None:
        try:
            written = os.write(self._file, line)
            if written != len(line):  # the disk is full: what was written is no record
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                raise OSError(28, "no space left for the journal")
        except OSError as error:
            if self.trouble is None:
                log.error("the journal cannot be written: %s", error)
            self.trouble = error
            self.last_id -= 1
            raise
        if self.trouble is not None:
            log.warning("the journal is written again")
            self.trouble = None
        self.records += 1
        self.bytes += len(line)
        if durable is not None:
            self._waiting.append(durable)
            if not self._is_syncing:
                self._is_syncing = True
                self._soon(self._begin_sync)

    def _begin_sync(self) -> None:
        """Has the thread wait for the disk, for all that was written until now."""
        self._batch, self._waiting = self._waiting, []
        self._wake.set()

    def _synced(self, batch: list[Durable], failed: OSError | None) -> None:
        """In the reactor: the disk has it, and those who came meanwhile are next."""
        if self._waiting:
            self._begin_sync()
        else:
            self._is_syncing = False
        for each in batch:
            each(failed)

    def _sync(self) -> None:
        """The thread: waits for the disk on behalf of all who wait for it."""
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._is_closing:
                return
            batch = self._batch
            failed: OSError | None = None
            try:
                with self._changing_file:
                    os.fdatasync(self._file)
            except OSError as error:
                log.error("the journal cannot be brought to the disk: %s", error)
                failed = error
            self.syncs += 1
            self._call(self._synced, batch, failed)

    def close(self) -> None:
        """Brings everything to the disk, and lets another process write it."""
        self._is_closing = True
        self._wake.set()
        self._thread.join()
        if self._file >= 0:
            os.fdatasync(self._file)
            os.close(self._file)
        os.close(self._lock)


def _locked(folder: Path) -> int:
    """The folder's lock, which ends with the process and holds its number. Raises JournalInUse."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise JournalInUse(f"{folder} is the journal of a proxy that runs") from None
    os.ftruncate(handle, 0)
    os.write(handle, b"%d\n" % os.getpid())
    return handle
