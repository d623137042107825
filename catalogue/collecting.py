"""The terms of many records turned round: from records with their terms to rows of `postings`.

Each index numbers its terms as they come and notes every posting as one number in an array; one
sort at the end brings the records of each term together. A list for each term, the obvious way,
takes twice the memory and half again the time: most terms are in one record only.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import count
from typing import NamedTuple

import numpy

from catalogue.bitmaps import CHUNK_BITS, array_head, serialise
from catalogue.describing import Description
from catalogue.extraction import terms_of


class Columns(NamedTuple):
    """Rows of `postings` of one index and chunk, column by column, in the order of the terms.

    Lists of bytes travel between processes at a fraction of the cost of tuples.
    """

    access_point: int
    chunk: int
    terms: list[bytes]
    counts: list[int]
    bitmaps: list[bytes]


class _Index:
    """The postings of one index as they come: for each record its id and how many terms it has,
    and the numbers of those terms."""

    __slots__ = ("lows", "number_of", "numbers", "sizes")

    def __init__(self) -> None:
        self.number_of: defaultdict[bytes, int] = defaultdict(count().__next__)
        self.numbers = array("I")
        self.sizes = array("I")
        self.lows = array("H")


class Collector:
    """The terms of the records of one chunk, and the records that each is in."""

    def __init__(self, chunk: int) -> None:
        self.chunk = chunk
        self._indexes: defaultdict[int, _Index] = defaultdict(_Index)

    def add(self, low: int, record_format: str, data: bytes) -> Description:
        """Takes the record with the id ``chunk << 16 | low``; each id once."""
        terms, description = terms_of(record_format, data)
        for number, found in terms.items():
            index = self._indexes[number]
            # A loop in C: there are 200 and more terms a record.
            index.numbers.extend(map(index.number_of.__getitem__, found))
            index.sizes.append(len(found))
            index.lows.append(low)
        return description

    def columns(self) -> list[Columns]:
        """The rows, by index and term; the collector is empty afterwards."""
        indexes, self._indexes = self._indexes, defaultdict(_Index)
        return [_columns(number, self.chunk, indexes.pop(number)) for number in sorted(indexes)]


def _columns(access_point: int, chunk: int, index: _Index) -> Columns:
    number_of = index.number_of
    numbers = numpy.frombuffer(index.numbers, dtype=numpy.uint32)
    lows = numpy.repeat(
        numpy.frombuffer(index.lows, dtype=numpy.uint16),
        numpy.frombuffer(index.sizes, dtype=numpy.uint32),
    )
    postings = numbers.astype(numpy.uint64) << numpy.uint64(CHUNK_BITS) | lows
    postings.sort()
    values = (postings & numpy.uint64(0xFFFF)).astype("<u2").tobytes()
    sizes = numpy.bincount(numbers, minlength=len(number_of))

    terms = sorted(number_of)
    order = numpy.fromiter(map(number_of.__getitem__, terms), numpy.int64, len(terms))
    counts: list[int] = sizes[order].tolist()
    ends: list[int] = (2 * numpy.cumsum(sizes)[order]).tolist()
    return Columns(access_point, chunk, terms, counts, _bitmaps(chunk, counts, ends, values))


def _bitmaps(chunk: int, counts: list[int], ends: list[int], values: bytes) -> list[bytes]:
    """The bitmap of each term: `values` holds the ids' lower parts, its own before its end."""
    heads = {size: array_head(chunk, size) for size in set(counts)}
    return [
        head + values[end - 2 * size : end]
        if (head := heads[size])
        else serialise(chunk, array("H", values[end - 2 * size : end]))
        for size, end in zip(counts, ends, strict=True)
    ]
