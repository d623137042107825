"""Result sets kept under a name for their owner until they are deleted.

What is kept are the records that were found, not the query: a record that is added later does not
join, one that is deleted has its place and is told as deleted.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap
from sqlalchemy import ColumnElement, delete, func, insert, select

from catalogue.database import Statement, Transaction, change, columns, many, scalar_one, send
from catalogue.schema import kept_result_sets as table

#: The most sets of one owner: all of them are read when the owner connects.
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


def _mine(owner: str, name: str) -> ColumnElement[bool]:
    return (table.c.owner == owner) & (table.c.name == name)


@scalar_one(int)
def _count(*, owner: str) -> Statement:
    return select(func.count()).select_from(table).where(table.c.owner == owner)


@change
def _delete(*, owner: str, name: str) -> Statement:
    return delete(table).where(_mine(owner, name))


@send
def _insert(
    *,
    owner: str,
    name: str,
    databases: str,
    records: bytes,
    record_order: bytes | None,
    kept: datetime,
) -> Statement:
    return insert(table).values(locals())


def _kept(name: str, databases: str, records: bytes, record_order: bytes | None) -> KeptSet:
    order = _ids(record_order)
    return KeptSet(name, tuple(json.loads(databases)), BitMap.deserialize(records), order)


@many(_kept)
def kept_sets(*, owner: str) -> Statement:
    """The sets of the owner, the oldest first."""
    return (
        select(*columns(_kept, table))
        .where(table.c.owner == owner)
        .order_by(table.c.kept, table.c.name)
    )


def keep_set(transaction: Transaction, owner: str, kept: KeptSet, *, now: datetime) -> None:
    """Keeps a set in the place of one of the same name. Raises TooManySets."""
    is_there = _delete(transaction, owner=owner, name=kept.name)
    if not is_there and _count(transaction, owner=owner) >= MOST_SETS:
        raise TooManySets
    order = None if kept.order is None else _octets(kept.order)
    _insert(
        transaction,
        owner=owner,
        name=kept.name,
        databases=json.dumps(list(kept.databases)),
        records=kept.records.serialize(),
        record_order=order,
        kept=now,
    )


def forget_set(transaction: Transaction, owner: str, name: str) -> bool:
    """Deletes a set; False where there is none of the name."""
    return _delete(transaction, owner=owner, name=name) > 0


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
