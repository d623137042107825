"""Changing the index under records that have changed: only the postings that differ.

The terms of a record as it was and as it is are made by the loader's own `Collector`. What only
the old ones have is taken out, what only the new ones have is added by `add_postings`, and the
rest is not touched: of the 300 postings of a record, a corrected title changes a dozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    delete,
    func,
    insert,
    select,
    type_coerce,
    update,
)

from catalogue.bitmaps import CHUNK_BITS, cardinality, deserialise, serialise_ids
from catalogue.database import Statement, Transaction, many, scalar, send_many
from catalogue.index.collecting import Collector, Columns
from catalogue.index.describing import Description
from catalogue.index.postings import ROWS_AT_ONCE, add_postings
from catalogue.schema import postings

_LOWER = (1 << CHUNK_BITS) - 1


def _row(access_point: int, term: bytes, chunk: int) -> ColumnElement[bool]:
    return (
        (postings.c.access_point == access_point)
        & (postings.c.term == term)
        & (postings.c.chunk == chunk)
    )


@scalar(bytes)
def _read_row(*, access_point: int, term: bytes, chunk: int) -> Statement:
    return select(postings.c.bitmap).where(_row(access_point, term, chunk))


@many(tuple[bytes, bytes])
def _read_rows(*, access_point: int, terms: Sequence[bytes], chunk: int) -> Statement:
    return select(postings.c.term, postings.c.bitmap).where(
        postings.c.access_point == access_point,
        postings.c.term == func.any(type_coerce(terms, ARRAY(LargeBinary))),
        postings.c.chunk == chunk,
    )


class _Row(NamedTuple):
    length: int
    bitmap: bytes
    access_point: int
    term: bytes
    chunk: int


class _Key(NamedTuple):
    access_point: int
    term: bytes
    chunk: int


@send_many
def _write_rows(row: _Row) -> Statement:
    there = _row(row.access_point, row.term, row.chunk)
    return update(postings).where(there).values(count=row.length, bitmap=row.bitmap)


@send_many
def _delete_rows(key: _Key) -> Statement:
    return delete(postings).where(_row(*key))


@send_many
def _insert_rows(row: _Row) -> Statement:
    key = {"access_point": row.access_point, "term": row.term, "chunk": row.chunk}
    return insert(postings).values(count=row.length, bitmap=row.bitmap, **key)


class RowChanges:
    """Rows of the index to be written: noted one by one, written together."""

    def __init__(self) -> None:
        self._changed: list[_Row] = []
        self._added: list[_Row] = []
        self._emptied: list[_Key] = []

    def __len__(self) -> int:
        return len(self._changed) + len(self._added) + len(self._emptied)

    def note(self, index: int, term: bytes, chunk: int, ids: BitMap, *, is_there: bool) -> None:
        """The row is to hold these ids; a row without any goes."""
        if not ids:
            self._emptied.append(_Key(index, term, chunk))
            return
        rows = self._changed if is_there else self._added
        rows.append(_Row(len(ids), serialise_ids(ids), index, term, chunk))

    def note_new(self, index: int, term: bytes, chunk: int, bitmap: bytes) -> None:
        """There is no such row, and it is to be this bitmap, which is not empty."""
        self._added.append(_Row(cardinality(bitmap), bitmap, index, term, chunk))

    def write(self, transaction: Transaction) -> None:
        if self._changed:
            _write_rows(transaction, self._changed)
        if self._added:
            _insert_rows(transaction, self._added)
        if self._emptied:
            _delete_rows(transaction, self._emptied)


class Version(NamedTuple):
    """A record as it was, or as it is to be: what its terms are made of."""

    id: int
    record_format: str
    data: bytes


def change_postings(
    transaction: Transaction, before: Iterable[Version], after: Iterable[Version]
) -> dict[int, Description]:
    """Turns the postings of the records as they were into those of the records as they are.

    A record that is only in `before` loses all of them. Gives the descriptions of `after`. The
    caller holds `accession.lock_writing`.
    """
    old, _ = _terms_of(before)
    new, descriptions = _terms_of(after)
    removed, added = [], []
    for columns_before, columns_after in _by_chunk(old, new):
        gone, come = differences(columns_before, columns_after)
        removed += gone
        added += come
    remove_postings(transaction, removed)
    add_postings(transaction, added)
    return descriptions


def _terms_of(versions: Iterable[Version]) -> tuple[dict[int, Collector], dict[int, Description]]:
    """A collector for each chunk, and the description of each record."""
    collectors: dict[int, Collector] = {}
    descriptions = {}
    for number, record_format, data in versions:
        chunk = number >> CHUNK_BITS
        if chunk not in collectors:
            collectors[chunk] = Collector(chunk)
        descriptions[number] = collectors[chunk].add(number & _LOWER, record_format, data)
    return collectors, descriptions


def _by_chunk(
    old: dict[int, Collector], new: dict[int, Collector]
) -> Iterator[tuple[list[Columns], list[Columns]]]:
    def columns_of(collectors: dict[int, Collector], chunk: int) -> list[Columns]:
        return collectors[chunk].columns() if chunk in collectors else []

    for chunk in sorted({*old, *new}):
        yield columns_of(old, chunk), columns_of(new, chunk)


def differences(
    before: Iterable[Columns], after: Iterable[Columns]
) -> tuple[list[Columns], list[Columns]]:
    """What only the first, and what only the second have; both of one chunk."""
    old = {columns.access_point: columns for columns in before}
    new = {columns.access_point: columns for columns in after}
    removed, added = [], []
    for index in sorted({*old, *new}):
        chunk = (old.get(index) or new[index]).chunk
        was, is_now = _rows_of(old.get(index)), _rows_of(new.get(index))
        removed.append(_less(index, chunk, was, is_now))
        added.append(_less(index, chunk, is_now, was))
    return [each for each in removed if each.terms], [each for each in added if each.terms]


def _rows_of(columns: Columns | None) -> dict[bytes, bytes]:
    return {} if columns is None else dict(zip(columns.terms, columns.bitmaps, strict=True))


def _less(index: int, chunk: int, rows: dict[bytes, bytes], others: dict[bytes, bytes]) -> Columns:
    """The rows without what the others have."""
    found = Columns(index, chunk, [], [], [])
    for term, bitmap in rows.items():
        other = others.get(term)
        if other == bitmap:
            continue
        rest = deserialise(bitmap)
        if other is not None:
            rest -= deserialise(other)
        if rest:
            found.terms.append(term)
            found.counts.append(len(rest))
            found.bitmaps.append(serialise_ids(rest))
    return found


def without(columns: Iterable[Columns], ids: BitMap) -> list[Columns]:
    """The same rows without these records."""
    if not ids:
        return list(columns)
    found = []
    for index, chunk, terms, _, bitmaps in columns:
        rest = Columns(index, chunk, [], [], [])
        for term, bitmap in zip(terms, bitmaps, strict=True):
            left = deserialise(bitmap) - ids
            if left:
                rest.terms.append(term)
                rest.counts.append(len(left))
                rest.bitmaps.append(serialise_ids(left))
        if rest.terms:
            found.append(rest)
    return found


def remove_postings(transaction: Transaction, columns: Iterable[Columns]) -> None:
    """Takes records out of rows of the index; a row that is empty then goes. What a row does not
    have is no error: an older version of the program may have indexed the record otherwise."""
    changes = RowChanges()
    for index, chunk, terms, _, bitmaps in columns:
        for start in range(0, len(terms), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            rows = read_rows(transaction, index, chunk, terms[part])
            for term, bitmap in zip(terms[part], bitmaps[part], strict=True):
                row = rows.get(term)
                if row is not None:
                    rest = deserialise(row) - deserialise(bitmap)
                    changes.note(index, term, chunk, rest, is_there=True)
    changes.write(transaction)


def read_rows(
    transaction: Transaction, index: int, chunk: int, terms: list[bytes]
) -> dict[bytes, bytes]:
    """The bitmaps of those of the terms that the index has in this chunk."""
    if transaction.dialect != "sqlite":
        return dict(_read_rows(transaction, access_point=index, terms=terms, chunk=chunk))
    found = (
        (term, _read_row(transaction, access_point=index, term=term, chunk=chunk)) for term in terms
    )
    return {term: bitmap for term, bitmap in found if bitmap is not None}
