"""What every reader gives: rows of cells with the line that they began on, and what is no row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol


class Line(NamedTuple):
    """A row of a file: its cells in the order of the columns. `fault`: why it is none."""

    number: int  # of the line in the file, or of the record; from 1
    cells: Sequence[str]
    fault: str = ""


class Source(Protocol):
    """A file that is read. `columns` is known before the first row."""

    @property
    def columns(self) -> Sequence[str]: ...

    def lines(self) -> Iterator[Line]: ...


class UnreadableFile(Exception):
    """A file that holds no rows at all, or breaks off: why, without its name."""
