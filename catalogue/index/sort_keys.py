"""The rows that records are sorted by, written with each record.

`catalogue.searching.sorting` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from pyroaring import BitMap
from sqlalchemy import delete, func, insert, select

from catalogue.bitmaps import serialise_ids
from catalogue.database import Statement, Transaction, scalar_one, send, send_many
from catalogue.index.describing import Description
from catalogue.schema import refiled_records, sort_keys

#: Rows of `refiled_records` that are kept at least.
KEPT: Final = 4_096
_PRUNED_EVERY: Final = 256


class _SortKeys(NamedTuple):
    record_id: int
    title: bytes
    author: bytes
    year: int


@send_many
def _insert(record: _SortKeys) -> Statement:
    return insert(sort_keys).values(**record._asdict())


@send
def _delete(*, record_id: int) -> Statement:
    return delete(sort_keys).where(sort_keys.c.record_id == record_id)


def add_sort_keys(transaction: Transaction, described: Iterable[tuple[int, Description]]) -> None:
    """Writes the keys of records that have none yet, given with their ids and descriptions."""
    _insert(
        transaction,
        (
            _SortKeys(number, found.title_key, found.author_key, found.year or 0)
            for number, found in described
        ),
    )


def replace_sort_keys(
    transaction: Transaction, described: Iterable[tuple[int, Description]]
) -> None:
    """Writes the keys of records that may already have some.

    The caller holds `catalogue.changes.accession.lock_writing`.
    """
    given = list(described)
    note_refiled(transaction, (number for number, _ in given))
    for number, _ in given:
        _delete(transaction, record_id=number)
    add_sort_keys(transaction, given)


@scalar_one(int)
def _note(*, records: bytes) -> Statement:
    last = select(func.coalesce(func.max(refiled_records.c.number), 0)).scalar_subquery()
    noted = insert(refiled_records).values(number=last + 1, records=records)
    return noted.returning(refiled_records.c.number)


@send
def _forget(*, until: int) -> Statement:
    return delete(refiled_records).where(refiled_records.c.number <= until)


def note_refiled(transaction: Transaction, record_ids: Iterable[int]) -> None:
    """To be called by whoever gives records other sort keys or takes theirs away, in the same
    transaction and under `catalogue.changes.accession.lock_writing`, so that the numbers become
    visible in their order."""
    refiled = BitMap(record_ids)
    if not refiled:
        return
    number = _note(transaction, records=serialise_ids(refiled))
    if not number % _PRUNED_EVERY:
        _forget(transaction, until=number - KEPT)
