"""The time of the rehearsal, which all its processes read from one file of eight bytes."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import protocols.commands.shared.library as commands

_FORM = struct.Struct("<d")


class Clock:
    """Whoever makes it with `at` sets it; the others read it."""

    def __init__(self, path: Path, at: datetime | None = None) -> None:
        if at is not None:
            path.write_bytes(_FORM.pack(at.timestamp()))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FORM.size)

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(_FORM.unpack(self._map[:])[0], UTC)

    def set(self, at: datetime) -> None:
        self._map[:] = _FORM.pack(at.timestamp())

    def pass_time(self, **duration: float) -> datetime:
        self.set(self() + timedelta(**duration))
        return self()


@contextmanager
def commands_by(clock: Clock) -> Iterator[None]:
    """What commands of this process do meanwhile, they do at its time."""
    wall = commands.present
    setattr(commands, "present", clock)  # noqa: B010
    try:
        yield
    finally:
        setattr(commands, "present", wall)  # noqa: B010
