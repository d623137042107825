"""The rows of the index beside those it should have: what is wrong is put right.

A page of terms is one transaction, and how far that has come is committed with it. Records that
other writers have changed since they were read count as they are at the time of each page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from pyroaring import BitMap
from sqlalchemy import ColumnElement, Select, func, select

from catalogue.bitmaps import CHUNK_BITS, deserialise
from catalogue.changes.accession import lock_writing
from catalogue.changes.changed_records import changed_records
from catalogue.database import Database, Statement, Transaction, many, scalar
from catalogue.index.collecting import Collector
from catalogue.index.posting_changes import RowChanges
from catalogue.records import Record, fetch_records
from catalogue.reindexing import reindexings
from catalogue.reindexing.index_runs import Row
from catalogue.schema import postings

#: Terms of one transaction, and rows of the index that are read for them at most: a term may have
#: a row for each chunk.
PAGE_TERMS, PAGE_ROWS = 2_000, 8_000
#: Records that may change while the index is rebuilt.
MOST_CHANGED = 10_000

_LOWER = (1 << CHUNK_BITS) - 1
#: After every term: none begins with this octet, which does not occur in UTF-8.
_END = b"\xff"


def _of_index(access_point: int) -> ColumnElement[bool]:
    return postings.c.access_point == access_point


def _rows(at_most: Any) -> Select[Any]:
    return (
        select(postings.c.term, postings.c.chunk, postings.c.bitmap)
        .order_by(postings.c.term, postings.c.chunk)
        .limit(at_most)
    )


class _StoredRow(NamedTuple):
    term: bytes
    chunk: int
    bitmap: bytes


@many(_StoredRow)
def _first_rows(*, access_point: int, at_most: int) -> Statement:
    return _rows(at_most).where(_of_index(access_point))


@many(_StoredRow)
def _rows_after(*, access_point: int, after: bytes, at_most: int) -> Statement:
    return _rows(at_most).where(_of_index(access_point), postings.c.term > after)


@scalar(int)
def _next_index(*, last: int) -> Statement:
    return select(func.min(postings.c.access_point)).where(postings.c.access_point > last)


class TooManyChanges(RuntimeError):
    """A load has replaced more records meanwhile than are remembered: begin again after it."""


class Comparison:
    """One reindexing's pages of terms, each a transaction."""

    def __init__(
        self,
        database: Database,
        begun: reindexings.Reindexing,
        run: str,
        read: BitMap,
        page_terms: int,
        page_rows: int,
    ) -> None:
        self._database = database
        self._begun = begun
        self._run = run
        self._read = read
        self._page_terms = page_terms
        self._page_rows = page_rows
        self._recent = _Recent(read)
        self._waiting: list[Row] = []

    def pages(self, fresh: Iterator[Row], chosen: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Goes through all terms; gives for each page how many there were, and the rows changed."""
        position = self._begun.position
        fresh = (row for row in fresh if position is None or row[0] > position)
        index: int | None
        after: bytes | None
        index, after = position or (self._following(-1, fresh, chosen), None)
        while index is not None:
            rows = [row for row in self._take(fresh) if row[0][0] == index]
            is_end = len(rows) < len(self._waiting) or len(rows) < self._page_terms
            work = partial(self._page, index, after, rows, is_end)
            terms, changed, until = self._database.write(work).result()
            yield terms, changed
            done = sum(until is None or row[0][1] <= until for row in rows)
            del self._waiting[:done]
            after = until
            if until is None:
                index = self._following(index, fresh, chosen)

    def _take(self, fresh: Iterator[Row]) -> list[Row]:
        """The next rows to be: as many as a page takes, where there are so many."""
        self._waiting += islice(fresh, self._page_terms - len(self._waiting))
        return self._waiting

    def _following(self, index: int, fresh: Iterator[Row], chosen: Sequence[int]) -> int | None:
        """The next index that is to have rows, or has some."""
        if chosen:
            return next((number for number in chosen if number > index), None)
        there = self._database.read(lambda t: _next_index(t, last=index), wide=True).result()
        coming = self._take(fresh)[:1]
        numbers = [
            number for number in (there, *(row[0][0] for row in coming)) if number is not None
        ]
        return min(numbers, default=None)

    def _page(
        self,
        index: int,
        after: bytes | None,
        fresh: Sequence[Row],
        is_end: bool,
        transaction: Transaction,
    ) -> tuple[int, int, bytes | None]:
        """Compares the rows behind the term `after` with those to be, up to where both are known:
        gives how many terms, how many rows were wrong, and the last term; None at the end."""
        lock_writing(transaction)
        at_most = self._page_rows
        if after is None:
            stored = _first_rows(transaction, access_point=index, at_most=at_most)
        else:
            stored = _rows_after(transaction, access_point=index, after=after, at_most=at_most)
        until = None if is_end else fresh[-1][0][1]
        if len(stored) == at_most:
            # The rows of the last term may not all be here.
            whole = bytes(next(row[0] for row in reversed(stored) if row[0] != stored[-1][0]))
            until = whole if until is None else min(until, whole)
        wanted = {term: chunks for (_, term), chunks in fresh if until is None or term <= until}
        terms: defaultdict[bytes, dict[int, bytes]] = defaultdict(dict)
        for term, chunk, bitmap in stored:
            if until is None or term <= until:
                terms[bytes(term)][chunk] = bytes(bitmap)
        self._recent.refresh(transaction)
        changes = RowChanges()
        for term in sorted({*wanted, *terms}):  # in the order of the table, which fills its pages
            self._compare(index, term, terms.get(term, {}), wanted.get(term, {}), changes)
        changes.write(transaction)
        position = (index, _END if until is None else until)
        reindexings.advance(transaction, self._begun.id, self._run, position)
        return len({*wanted, *terms}), len(changes), until

    def _compare(
        self,
        index: int,
        term: bytes,
        stored: dict[int, bytes],
        wanted: dict[int, bytes],
        changes: RowChanges,
    ) -> None:
        recent = self._recent
        for chunk in sorted({*stored, *wanted}):
            row, fresh = stored.get(chunk), wanted.get(chunk)
            if not recent.ids:
                if row == fresh:
                    continue
                if row is None and fresh is not None:
                    changes.note_new(index, term, chunk, fresh)
                    continue
            there = deserialise(row) if row is not None else BitMap()
            is_to_be = (deserialise(fresh) if fresh is not None else BitMap()) - recent.ids
            is_to_be |= there - self._read
            is_to_be |= recent.having(index, term, chunk)
            if is_to_be != there:
                changes.note(index, term, chunk, is_to_be, is_there=row is not None)


class _Recent:
    """Records that have changed since they were read: their terms as they are now."""

    def __init__(self, read: BitMap) -> None:
        self.ids = BitMap()
        self._read = read
        self._known: dict[int, Record] = {}
        self._having: defaultdict[tuple[int, bytes, int], BitMap] = defaultdict(BitMap)

    def refresh(self, transaction: Transaction) -> None:
        self.ids = BitMap(changed_records(transaction)) & self._read
        if len(self.ids) > MOST_CHANGED:
            raise TooManyChanges(
                f"more than {MOST_CHANGED:,} records have changed since the reindexing began"
            )
        known = {record.id: record for record in fetch_records(transaction, list(self.ids))}
        if known == self._known:
            return
        self._known = known
        self._having.clear()
        collectors: dict[int, Collector] = {}
        for record in known.values():
            chunk = record.id >> CHUNK_BITS
            collector = collectors.setdefault(chunk, Collector(chunk))
            collector.add(record.id & _LOWER, record.format, record.data)
        for collector in collectors.values():
            for index, chunk, terms, _, bitmaps in collector.columns():
                for term, bitmap in zip(terms, bitmaps, strict=True):
                    self._having[index, term, chunk] = deserialise(bitmap)

    def having(self, index: int, term: bytes, chunk: int) -> BitMap:
        """Those of the records that have the term."""
        return self._having.get((index, term, chunk), _NONE)


_NONE = BitMap()
