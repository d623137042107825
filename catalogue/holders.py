"""Who has which records, kept as bitmaps beside the index so that a search can be restricted.

A record is **held** by the branches of its items and by their agencies; one without items by the
agency that owns it. It is **hidden** where all who hold it are closed to the reader: schools that
do not share their stock, and, in the database of one consortium, the agencies of others. A
temporary record (`catalogue.changes.temporary_records`) is held by nobody and hidden from all.

Names of holders in ``held_records``: ``branch:ID``, ``agency:ID``, ``hidden:CONSORTIUM-ID``, and
``hidden:0`` for readers who ask for no consortium.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import bindparam, delete, insert, literal_column, select, text, union_all

from catalogue.bitmaps import CHUNK_BITS, join
from catalogue.database import Transaction, key_parameters, lock, many, many_of, send
from catalogue.schema import (
    agencies,
    branches,
    held_records,
    items,
    records,
    temporary_records,
)

#: The consortium of `hidden_from` that stands for no one in particular.
NO_CONSORTIUM = 0
#: Records that are read again in one go when everything is.
_AT_ONCE = 10_000


class Holder(NamedTuple):
    """An agency or a branch whose stock is seen by readers of others, and its name in
    ``held_records``."""

    isil: str
    name: str


class Agency(NamedTuple):
    """What of an agency decides who sees its stock."""

    id: int
    consortium_id: int
    kind: str
    shares_stock: bool

    @property
    def is_open(self) -> bool:
        """Is its stock seen by readers of others?"""
        return _is_open(self.kind, self.shares_stock)


def _is_open(kind: str, shares_stock: bool) -> bool:
    return kind != "school" or shares_stock


_lock_holders = lock(text("LOCK TABLE held_records IN SHARE ROW EXCLUSIVE MODE"))
_agencies = many(
    select(agencies.c.id, agencies.c.consortium_id, agencies.c.kind, agencies.c.shares_stock),
    Agency,
)
_branches: Callable[..., list[tuple[int, int]]] = many(
    select(branches.c.id, branches.c.agency_id), None
)
_holders: Callable[..., list[tuple[str, int, str, bool, str]]] = many(
    union_all(
        *(
            select(isil, number, agencies.c.kind, agencies.c.shares_stock, prefix).select_from(
                source
            )
            for isil, number, source, prefix in (
                (agencies.c.isil, agencies.c.id, agencies, literal_column("'agency:'")),
                (
                    branches.c.isil,
                    branches.c.id,
                    branches.join(agencies, branches.c.agency_id == agencies.c.id),
                    literal_column("'branch:'"),
                ),
            )
        )
    ),
    None,
)
_PairsOf = Callable[[Transaction, Sequence[int]], list[tuple[int, int]]]
_holding_branches: _PairsOf = many_of(
    lambda size: (
        select(items.c.record_id, items.c.branch_id)
        .where(items.c.record_id.in_(key_parameters(size)))
        .distinct()
    ),
    None,
)
_owners: _PairsOf = many_of(
    lambda size: select(records.c.id, records.c.agency_id).where(
        records.c.id.in_(key_parameters(size)), records.c.agency_id.is_not(None)
    ),
    None,
)
_temporary: Callable[[Transaction, Sequence[int]], list[tuple[int]]] = many_of(
    lambda size: select(temporary_records.c.record_id).where(
        temporary_records.c.record_id.in_(key_parameters(size))
    ),
    None,
)
_rows_of_chunk: Callable[..., list[tuple[str, bytes]]] = many(
    select(held_records.c.holder, held_records.c.bitmap).where(
        held_records.c.chunk == bindparam("chunk")
    ),
    None,
    "chunk",
)
_rows_of_holder: Callable[..., list[tuple[bytes]]] = many(
    select(held_records.c.bitmap).where(held_records.c.holder == bindparam("holder")),
    None,
    "holder",
)
_delete = send(
    delete(held_records).where(
        held_records.c.holder == bindparam("old_holder"),
        held_records.c.chunk == bindparam("old_chunk"),
    ),
    "old_holder",
    "old_chunk",
)
_insert = send(
    insert(held_records).values(
        holder=bindparam("holder"), chunk=bindparam("chunk"), bitmap=bindparam("bitmap")
    ),
    "holder",
    "chunk",
    "bitmap",
)
_clear = send(delete(held_records))
_next_ids: Callable[..., list[tuple[int]]] = many(
    select(records.c.id)
    .where(records.c.id > bindparam("number"))
    .order_by(records.c.id)
    .limit(_AT_ONCE),
    None,
    "number",
)


def update_holders(transaction: Transaction, record_ids: Iterable[int]) -> None:
    """Brings the bitmaps up to date with the items and owners of these records.

    To be called in the transaction that adds, moves or removes items, or adds, merges or removes
    records; ids that no record has any more are taken out. Holds off others who do the same until
    the commit.
    """
    ids = list(record_ids)
    if not ids:
        return
    _lock_holders(transaction)
    wanted = _held(transaction, ids)
    by_chunk: defaultdict[int, list[int]] = defaultdict(list)
    for number in ids:
        by_chunk[number >> CHUNK_BITS].append(number)
    for chunk, numbers in by_chunk.items():
        before = dict(_rows_of_chunk(transaction, chunk))
        changed = BitMap(numbers)
        for holder in {*before, *wanted}:
            held = wanted.get(holder, _NONE) & changed
            row = before.get(holder)
            old = BitMap.deserialize(row) if row is not None else _NONE
            new = (old - changed) | held
            if new == old:
                continue
            if row is not None:
                _delete(transaction, holder, chunk)
            if new:
                _insert(transaction, holder, chunk, new.serialize())


_NONE = BitMap()


def rebuild_holders(transaction: Transaction) -> None:
    """Makes all bitmaps anew: after a change of the agencies' kinds, or of whose a branch is."""
    _lock_holders(transaction)
    _clear(transaction)
    last = 0
    while found := [number for (number,) in _next_ids(transaction, last)]:
        update_holders(transaction, found)
        last = found[-1]


def held_by_branch(transaction: Transaction, branch_id: int) -> BitMap:
    """The records of which the branch has an item."""
    return _read(transaction, f"branch:{branch_id}")


def held_by_agency(transaction: Transaction, agency_id: int) -> BitMap:
    """The records of which the agency has an item, and its own without items."""
    return _read(transaction, f"agency:{agency_id}")


def open_holders(transaction: Transaction) -> list[Holder]:
    """The agencies and branches whose stock is seen by everybody. Whether one that is closed has
    something is nobody's business but its own readers', who have its database for that."""
    return [
        Holder(isil, f"{prefix}{number}")
        for isil, number, kind, shares_stock, prefix in _holders(transaction)
        if _is_open(kind, shares_stock)
    ]


def held_by(transaction: Transaction, holder: Holder) -> BitMap:
    """The records that a holder has."""
    return _read(transaction, holder.name)


def hidden_from(transaction: Transaction, consortium_id: int = NO_CONSORTIUM) -> BitMap:
    """The records that readers of the consortium's database do not see."""
    return _read(transaction, f"hidden:{consortium_id}")


def _read(transaction: Transaction, holder: str) -> BitMap:
    return join([bitmap for (bitmap,) in _rows_of_holder(transaction, holder)])


def _held(transaction: Transaction, ids: Sequence[int]) -> dict[str, BitMap]:
    """What each holder has of the records, and what is hidden of them."""
    known = {agency.id: agency for agency in _agencies(transaction)}
    agency_of = dict(_branches(transaction))
    holding: defaultdict[int, set[int]] = defaultdict(set)
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    consortia = {agency.consortium_id for agency in known.values()}
    temporary = {number for (number,) in _temporary(transaction, ids)}
    if temporary:
        for consortium_id in {NO_CONSORTIUM, *consortia}:
            numbers[f"hidden:{consortium_id}"] += temporary
        ids = [number for number in ids if number not in temporary]
    for number, branch_id in _holding_branches(transaction, ids):
        numbers[f"branch:{branch_id}"].append(number)
        holding[number].add(agency_of[branch_id])
    for number, agency_id in _owners(transaction, ids):
        if number not in holding:
            holding[number].add(agency_id)
    for number, holders in holding.items():
        for agency_id in holders:
            numbers[f"agency:{agency_id}"].append(number)
        for consortium_id in _closed_to(consortia, [known[agency] for agency in holders]):
            numbers[f"hidden:{consortium_id}"].append(number)
    return {holder: BitMap(found) for holder, found in numbers.items()}


def _closed_to(consortia: Iterable[int], holders: Sequence[Agency]) -> Iterator[int]:
    """The consortia whose readers do not see what these agencies alone hold."""
    seen_in = {agency.consortium_id for agency in holders if agency.is_open}
    if not seen_in:
        yield NO_CONSORTIUM
    yield from (number for number in consortia if number not in seen_in)
