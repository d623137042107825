"""The rows that records are sorted by, written with each record.

`catalogue.searching.sorting` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, insert

from catalogue.database import Statement, Transaction, send, send_many
from catalogue.index.describing import Description
from catalogue.schema import sort_keys


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
    """Writes the keys of records that may already have some."""
    given = list(described)
    for number, _ in given:
        _delete(transaction, record_id=number)
    add_sort_keys(transaction, given)
