"""The rows of an index to be, on disk: sorted runs, read back as one.

A run is what the records of one stretch give, in the order of index, term and chunk. Runs lie in
a folder of their own, and are read a block at a time, all side by side: so the index of any
number of records is gone through in order, in little memory.
"""

from __future__ import annotations

import heapq
import marshal
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from catalogue.bitmaps import merge
from catalogue.index.collecting import Columns

#: Terms that are read of a run at a time.
_BLOCK = 1_000

#: A term of an index and its bitmap in each chunk.
Row = tuple[tuple[int, bytes], dict[int, bytes]]


class Runs:
    """The runs of one folder, which must be empty at first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: list[Path] = []

    def add(self, columns: Iterable[Columns]) -> None:
        """Writes a run: rows of one chunk, by index and term. Runs come by rising record ids."""
        path = self._folder / f"{len(self._paths):06d}.run"
        with path.open("wb") as file:
            for index, chunk, terms, _, bitmaps in columns:
                for start in range(0, len(terms), _BLOCK):
                    part = slice(start, start + _BLOCK)
                    marshal.dump((index, chunk, terms[part], bitmaps[part]), file)
        self._paths.append(path)

    def rows(self) -> Iterator[Row]:
        """Every term once, in order."""
        entries = heapq.merge(*map(_entries, self._paths), key=itemgetter(0))
        for key, found in groupby(entries, key=itemgetter(0)):
            chunks: dict[int, bytes] = {}
            for _, chunk, bitmap in found:
                before = chunks.get(chunk)
                chunks[chunk] = bitmap if before is None else merge(before, bitmap)
            yield key, chunks


def _entries(path: Path) -> Iterator[tuple[tuple[int, bytes], int, bytes]]:
    """The rows of a run, the file being open only while a block is read: there may be many."""
    at, size = 0, path.stat().st_size
    while at < size:
        with path.open("rb") as file:
            file.seek(at)
            # Our own file, written by `add`.
            index, chunk, terms, bitmaps = marshal.load(file)  # noqa: S302
            at = file.tell()
        for term, bitmap in zip(terms, bitmaps, strict=True):
            yield (index, term), chunk, bitmap
