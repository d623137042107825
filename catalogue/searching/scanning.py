"""Scanning: the terms of an index in order, around a place in it, with exact counts.

The terms are the folded ones of the index, in the order of their UTF-8 bytes. A page says with
which attributes a search for one of its terms finds exactly as many records as the page counts
(`ScanPage.search`): for the list of whole fields that is a search for the complete field. Long
fields are cut there as the index cuts them (`folding.cut_phrase`); what begins alike is one term.

* **Words** unless a phrase is asked for: by structure, completeness, or first in field without
  structure, which give the list of **whole fields**; a word first in field that of first words.
* Numbers, years and codes have one list.
* A point that is a union shows the terms of all its parts together.

Without restriction to some records a page of one point is one range of the primary key in each
direction. With one (`visible`), and for unions, bitmaps are intersected term by term, and at most
`MOST_SCANNED` rows are read: beyond that the page ends early and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, Protocol, TypeVar

from pyroaring import BitMap
from sqlalchemy import Select, func, select

from catalogue.bitmaps import join
from catalogue.database import Statement, Transaction, columns, many
from catalogue.holders import held_by, open_holders
from catalogue.index.access_points import PRESENT
from catalogue.index.numbers import number_key
from catalogue.query import Part, Term, UnsupportedSearch
from catalogue.schema import postings
from catalogue.searching.lookups import find_match
from catalogue.searching.matching import plan_term
from catalogue.searching.scan_lists import TermList, list_for

__all__ = ["MOST_ENTRIES", "MOST_SCANNED", "ScanEntry", "ScanPage", "scan"]

#: Terms on one page, before and after together.
MOST_ENTRIES = 1_000
#: Rows of the index that are looked at for one page in each direction.
MOST_SCANNED = 50_000
#: Rows of the first and the later statements where bitmaps are read.
_FIRST_ROWS, _MOST_ROWS = 32, 512


class ScanEntry(NamedTuple):
    """A term as the index has it, and how many records a search for it finds."""

    term: str
    hits: int


@dataclass(slots=True)
class ScanPage:
    """Some terms in order.

    `position` of them are before the term asked for; the next, if any, is that term or the first
    after it. `is_start` and `is_end` say that the list has nothing before or behind the page.
    `is_cut`: the page is shorter than asked for though the list goes on. `search` finds an
    entry's records when its text is the entry's term.
    """

    entries: list[ScanEntry]
    position: int
    is_start: bool
    is_end: bool
    is_cut: bool
    search: Term


def scan(
    transaction: Transaction,
    term: Term,
    *,
    before: int = 0,
    after: int = 20,
    visible: BitMap | None = None,
    tells_start: bool = True,
) -> ScanPage:
    """At most `before` terms ahead of `term` and `after` from it on, in order.

    An empty term is the beginning of the list; relation and truncation do not matter. Only records
    in `visible` count, and terms without any are left out. Unless the page `tells_start`, nothing
    is read before it where no terms are wanted there, and `is_start` is False. Raises
    UnsupportedSearch for what there is no list of and for more than `MOST_ENTRIES` terms,
    ValueError for negative numbers.
    """
    if before < 0 or after < 0:
        raise ValueError("a page has no negative number of terms")
    if before + after > MOST_ENTRIES:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_ENTRIES} terms")
    listed = list_for(term)
    later, is_end, is_late_cut = _read(transaction, listed, after, visible, _AHEAD)
    earlier: list[ScanEntry] = []
    is_start = is_early_cut = False
    if before or tells_start:
        earlier, is_start, is_early_cut = _read(transaction, listed, before, visible, _BACK)
        earlier.reverse()
    return ScanPage(
        earlier + later,
        len(earlier),
        is_start,
        is_end,
        is_early_cut or is_late_cut,
        listed.search,
    )


Row = TypeVar("Row")


class _Posting(NamedTuple):
    term: bytes
    bitmap: bytes


class _ReadTerms(Protocol[Row]):
    """At most so many rows of an index, in order, from a term on."""

    def __call__(
        self, transaction: Transaction, /, *, access_point: int, bound: bytes, rows: int
    ) -> list[Row]: ...


class _Direction(NamedTuple):
    """How the index is read: terms with counts, terms with bitmaps."""

    is_ahead: bool
    counts: _ReadTerms[tuple[bytes, int]]
    bitmaps: _ReadTerms[_Posting]


def _direction(is_ahead: bool) -> _Direction:
    def chosen(selected: Select[Any], access_point: int, bound: bytes) -> Select[Any]:
        chosen = selected.where(postings.c.access_point == access_point)
        if is_ahead:
            return chosen.where(postings.c.term >= bound).order_by(postings.c.term.asc())
        beyond = (postings.c.term < bound) & (postings.c.term > PRESENT)
        return chosen.where(beyond).order_by(postings.c.term.desc())

    @many(tuple[bytes, int])
    def counts(*, access_point: int, bound: bytes, rows: int) -> Statement:
        selected = select(postings.c.term, func.sum(postings.c.count)).group_by(postings.c.term)
        return chosen(selected, access_point, bound).limit(rows)

    @many(_Posting)
    def bitmaps(*, access_point: int, bound: bytes, rows: int) -> Statement:
        return chosen(select(*columns(_Posting, postings)), access_point, bound).limit(rows)

    return _Direction(is_ahead, counts, bitmaps)


_AHEAD, _BACK = _direction(True), _direction(False)


def _read(
    transaction: Transaction,
    listed: TermList,
    wanted: int,
    visible: BitMap | None,
    direction: _Direction,
) -> tuple[list[ScanEntry], bool, bool]:
    """Entries in the order of reading, whether the list ends there, whether it was cut."""
    if visible is None and len(listed.indexes) == 1 and not listed.has_holders:
        found = direction.counts(
            transaction, access_point=listed.indexes[0], bound=listed.start, rows=wanted + 1
        )
        is_exact = listed.is_exact
        if is_exact is None or all(is_exact(key) for key, _ in found):
            counted = [ScanEntry(key.decode(), hits) for key, hits in found[:wanted]]
            return counted, len(found) <= wanted, False
    entries: list[ScanEntry] = []
    reading = _Reading(transaction, listed, visible, direction)
    for entry in reading.entries():
        if len(entries) == wanted:
            return entries, False, False
        entries.append(entry)
    return entries, not reading.is_cut, reading.is_cut


class _Reading:
    """A list read term by term with its records, as far as its reader goes on."""

    def __init__(
        self,
        transaction: Transaction,
        listed: TermList,
        visible: BitMap | None,
        direction: _Direction,
    ) -> None:
        self.is_cut = False
        self._transaction = transaction
        self._list = listed
        self._visible = visible
        self._direction = direction
        self._rows_left = MOST_SCANNED

    def entries(self) -> Iterator[ScanEntry]:
        indexes = [self._terms(index) for index in self._list.indexes]
        if self._list.has_holders:
            indexes.append(self._holders())
        in_order = merge(*indexes, key=itemgetter(0), reverse=not self._direction.is_ahead)
        for key, found in groupby(in_order, key=itemgetter(0)):
            records = BitMap.union(*[records for _, records in found])
            term = key.decode()
            records = self._exact(term, records)
            if self._visible is None:
                count = len(records)
            else:
                count = records.intersection_cardinality(self._visible)
            if count:
                yield ScanEntry(term, count)

    def _holders(self) -> Iterator[tuple[bytes, BitMap]]:
        """The ISILs of those who have items, in order, each with its records."""
        is_ahead, start = self._direction.is_ahead, self._list.start
        holders = [
            (key, holder)
            for holder in open_holders(self._transaction)
            if ((key := number_key(holder.isil).encode()) >= start) is is_ahead
        ]
        for key, holder in sorted(holders, reverse=not is_ahead):
            yield key, held_by(self._transaction, holder)

    def _terms(self, index: int) -> Iterator[tuple[bytes, BitMap]]:
        """The terms of one index in order, each with all its records."""
        is_ahead = self._direction.is_ahead
        bound = self._list.start
        at_once = _FIRST_ROWS
        while True:
            if self._rows_left <= 0:
                self.is_cut = True
                return
            rows = self._direction.bitmaps(
                self._transaction, access_point=index, bound=bound, rows=at_once
            )
            self._rows_left -= len(rows)
            is_last = len(rows) < at_once
            last = None if is_last else rows[-1].term  # it may have more chunks than were read
            if rows and rows[0].term == last:
                at_once *= 2  # none of them is whole
                continue
            at_once = min(2 * at_once, max(at_once, _MOST_ROWS))
            for term, chunks in groupby(rows, key=attrgetter("term")):
                if term != last:
                    yield term, join([row.bitmap for row in chunks])
            if last is None:
                return
            bound = last if is_ahead else last + b"\x00"

    def _exact(self, term: str, records: BitMap) -> BitMap:
        """What a search for the term finds."""
        is_exact = self._list.is_exact
        if is_exact is None or is_exact(term.encode()):
            return records
        match = plan_term(self._list.search._replace(text=term))
        return find_match(self._transaction, match)
