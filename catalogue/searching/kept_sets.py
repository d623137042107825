"""Result sets kept under a name for their owner, until he deletes them.

What is kept are the records that were found, not the query: a record that is added later does not
join, one that is deleted has its place and is told as deleted.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap
from sqlalchemy import bindparam, delete, func, insert, select

from catalogue.database import Transaction, change, many, scalar, send
from catalogue.schema import kept_result_sets as table

#: The most sets of one owner: all of them are read when he comes.
MOST_SETS = 50


@dataclass(frozen=True, slots=True)
class KeptSet:
    """The records by their ids, in the order of their ids or in `order`."""

    name: str
    databases: Sequence[str]
    records: BitMap
    order: Sequence[int] | None = None


class TooManySets(Exception):
    """The owner keeps `MOST_SETS` already."""


_mine = (table.c.owner == bindparam("of_owner")) & (table.c.name == bindparam("of_name"))
_count: Callable[..., int] = scalar(
    select(func.count()).select_from(table).where(table.c.owner == bindparam("of_owner")),
    "of_owner",
)
_delete: Callable[..., int] = change(delete(table).where(_mine), "of_owner", "of_name")
_insert = send(
    insert(table).values(
        {column.name: bindparam(column.name, type_=column.type) for column in table.columns}
    ),
    *(column.name for column in table.columns),
)
_read: Callable[..., list[KeptSet]] = many(
    select(table.c.name, table.c.databases, table.c.records, table.c.record_order)
    .where(table.c.owner == bindparam("of_owner"))
    .order_by(table.c.kept, table.c.name),
    lambda name, databases, records, order: KeptSet(
        name, tuple(json.loads(databases)), BitMap.deserialize(records), _ids(order)
    ),
    "of_owner",
)


def keep_set(transaction: Transaction, owner: str, kept: KeptSet, *, now: datetime) -> None:
    """Keeps a set in the place of one of the same name. Raises TooManySets."""
    if not _delete(transaction, owner, kept.name) and _count(transaction, owner) >= MOST_SETS:
        raise TooManySets
    order = None if kept.order is None else _octets(kept.order)
    databases = json.dumps(list(kept.databases))
    _insert(transaction, owner, kept.name, databases, kept.records.serialize(), order, now)


def kept_sets(transaction: Transaction, owner: str) -> list[KeptSet]:
    """The owner's sets, the oldest first."""
    return _read(transaction, owner)


def forget_set(transaction: Transaction, owner: str, name: str) -> bool:
    """Deletes a set; False where there is none of the name."""
    return _delete(transaction, owner, name) > 0


def _octets(ids: Sequence[int]) -> bytes:
    numbers = array("I", ids)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _ids(octets: bytes | None) -> Sequence[int] | None:
    if octets is None:
        return None
    numbers = array("I", octets)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
