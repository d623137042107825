"""Collects the texts and terms of records until they are inverted into rows of `postings`.

The texts of one target (`selection.Target`) are kept as they are; `catalogue.index.reading` folds
those of several dozen records at once, and splits and numbers them by the megabyte. The obvious
way, a set of terms for each record and a list of records for each term, takes 1.5 times as long.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import zip_longest

import numpy

from catalogue.index.describing import Description
from catalogue.index.extraction import Take, extract, plan_of
from catalogue.index.inversion import Columns, Found, Inversion
from catalogue.index.selection import Target

__all__ = ["Collector", "Columns", "terms_of"]

#: Records whose texts are read at once: the result fits into the processor's cache.
READ_AT_ONCE = 64


class _Takers(dict[Target | int, Take]):
    """By target or index number: the function that takes its texts or terms."""

    def __init__(self) -> None:
        self.found: list[list[bytes]] = []

    def __missing__(self, key: Target | int) -> Take:
        self.found.append([])
        take = self[key] = self.found[-1].append
        return take


class Collector:
    """The texts and terms of the records of one chunk."""

    def __init__(self, chunk: int) -> None:
        self.chunk = chunk
        self._begin()

    def _begin(self) -> None:
        self._inversion = Inversion(self.chunk)
        self._all_lows = array("H")
        self._begin_reading()

    def _begin_reading(self) -> None:
        self._takers = _Takers()
        self._texts: dict[str, list[Take]] = {}
        self._lows = array("H")
        self._counts: list[list[int]] = []

    def add(self, low: int, record_format: str, data: bytes) -> Description:
        """Takes the record with the id ``chunk << 16 | low``; each id once."""
        texts = self._texts.get(record_format)
        if texts is None:
            targets = plan_of(record_format).targets
            texts = self._texts[record_format] = [self._takers[target] for target in targets]
        description = extract(record_format, data, texts, self._takers)
        self._lows.append(low)
        self._counts.append(list(map(len, self._takers.found)))
        if len(self._lows) == READ_AT_ONCE:
            self._read()
        return description

    def _read(self) -> None:
        lows = numpy.array(self._lows, numpy.uint64)
        # By taker and record; a list that was begun by a later record had nothing before it.
        counts = numpy.array(list(zip_longest(*self._counts, fillvalue=0)))
        sizes = numpy.diff(counts, prepend=0)
        for key, values, each in zip(self._takers, self._takers.found, sizes, strict=True):
            if not values:
                continue
            found = Found(values, numpy.repeat(lows, each))
            if isinstance(key, int):
                self._inversion.add_terms(key, found)
            else:
                self._inversion.add_texts(key, found)
        self._all_lows += self._lows
        self._begin_reading()

    def columns(self) -> list[Columns]:
        """The rows in the order of index and term; the collector is empty afterwards."""
        self._read()
        inversion, lows = self._inversion, self._all_lows
        self._begin()
        return inversion.columns(numpy.array(lows, numpy.uint64)) if lows else []


def terms_of(record_format: str, data: bytes) -> tuple[defaultdict[int, set[bytes]], Description]:
    """The terms of a stored record by index number, and its description."""
    collector = Collector(0)
    description = collector.add(0, record_format, data)
    terms: defaultdict[int, set[bytes]] = defaultdict(set)
    for columns in collector.columns():
        terms[columns.access_point].update(columns.terms)
    return terms, description
