"""A library that many tests look at: made once, and anew after a test that has changed it.

A walk over a table asks hundreds of times for what is refused, and each time nothing may happen. A
database of its own for each question would take far longer than all that is asked. Whether anything
was written SQLite knows itself: nobody has to say it, and nobody can forget to.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What `make` makes of the URL of a fresh database in the folder, a copy of the template."""

    def __init__(
        self, make: Callable[[str], AbstractContextManager[T]], template: Path, folder: Path
    ) -> None:
        self._make = make
        self._template = template
        self._folder = folder
        self._numbers = count(1)
        self._stack = ExitStack()
        self._made: T | None = None
        self._version = 0
        self._observer: sqlite3.Connection | None = None

    def get(self) -> T:
        """What was made, where nothing has been written since; else another."""
        if self._made is None or self._seen() != self._version:
            self.close()
            path = Path(shutil.copy(self._template, self._folder / f"{next(self._numbers)}.sqlite"))
            self._made = self._stack.enter_context(self._make(f"sqlite:///{path}"))
            self._observer = sqlite3.connect(path)
            self._version = self._seen()
        return self._made

    def _seen(self) -> int:
        """A number that changes with each commit of another connection."""
        assert self._observer is not None
        version: int = self._observer.execute("PRAGMA data_version").fetchone()[0]
        return version

    def close(self) -> None:
        if self._observer is not None:
            self._observer.close()
        self._observer = self._made = None
        self._stack.close()
