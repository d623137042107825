"""Records as they come, until their texts and terms are turned round into rows of `postings`.

The texts of one target (`selection.Target`) are kept as they are; `catalogue.inversion` folds,
splits and numbers those of some dozens of records at once. The obvious way, a set of terms for
each record and a list of records for each term, takes half as long again.
"""

from __future__ import annotations

from array import array
from collections import defaultdict

import numpy

from catalogue.describing import Description
from catalogue.extraction import Take, extract, plan_of
from catalogue.inversion import Columns, Found, Inversion
from catalogue.selection import Target

__all__ = ["Collector", "Columns", "terms_of"]

#: Records whose texts are read at once: what comes of them stays in the processor's cache.
READ_AT_ONCE = 32


class _Taken:
    """Texts or terms as they come, and for each record how many."""

    __slots__ = ("count", "found", "lows", "sizes")

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self.count = 0
        self.sizes = array("I")
        self.lows = array("H")

    def end_record(self, low: int) -> None:
        size = len(self.found) - self.count
        if size:
            self.count += size
            self.sizes.append(size)
            self.lows.append(low)

    def take_all(self) -> Found:
        """What there is, with the records; there is nothing then."""
        lows = numpy.array(self.lows, numpy.uint64)
        found = Found(self.found.copy(), numpy.repeat(lows, numpy.array(self.sizes, numpy.intp)))
        self.found.clear()
        self.count = 0
        del self.sizes[:], self.lows[:]
        return found


class _TermTakers(dict[int, Take]):
    """By index number: where its terms go."""

    def __init__(self, terms: defaultdict[int, _Taken]) -> None:
        self._terms = terms

    def __missing__(self, index: int) -> Take:
        take = self[index] = self._terms[index].found.append
        return take


class Collector:
    """The texts and terms of the records of one chunk."""

    def __init__(self, chunk: int) -> None:
        self.chunk = chunk
        self._texts: defaultdict[Target, _Taken] = defaultdict(_Taken)
        self._terms: defaultdict[int, _Taken] = defaultdict(_Taken)
        self._text_takers: dict[str, list[Take]] = {}
        self._term_takers = _TermTakers(self._terms)
        self._begin()

    def _begin(self) -> None:
        self._lows = array("H")
        self._inversion = Inversion(self.chunk)

    def add(self, low: int, record_format: str, data: bytes) -> Description:
        """Takes the record with the id ``chunk << 16 | low``; each id once."""
        takers = self._text_takers.get(record_format)
        if takers is None:
            targets = plan_of(record_format).targets
            takers = [self._texts[target].found.append for target in targets]
            self._text_takers[record_format] = takers
        description = extract(record_format, data, takers, self._term_takers)
        self._lows.append(low)
        for taken in self._texts.values():
            taken.end_record(low)
        for taken in self._terms.values():
            taken.end_record(low)
        if len(self._lows) % READ_AT_ONCE == 0:
            self._read()
        return description

    def _read(self) -> None:
        for target, taken in self._texts.items():
            if taken.found:
                self._inversion.add_texts(target, taken.take_all())
        for index, taken in self._terms.items():
            if taken.found:
                self._inversion.add_terms(index, taken.take_all())

    def columns(self) -> list[Columns]:
        """The rows, by index and term; the collector is empty afterwards."""
        self._read()
        inversion, lows = self._inversion, self._lows
        self._begin()
        return inversion.columns(numpy.array(lows, numpy.uint64)) if lows else []


def terms_of(record_format: str, data: bytes) -> tuple[defaultdict[int, set[bytes]], Description]:
    """The terms of one stored record by index number, and its description."""
    collector = Collector(0)
    description = collector.add(0, record_format, data)
    terms: defaultdict[int, set[bytes]] = defaultdict(set)
    for columns in collector.columns():
        terms[columns.access_point].update(columns.terms)
    return terms, description
