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
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import delete, insert, literal_column, null, select, text, union_all

from catalogue.bitmaps import CHUNK_BITS, deserialise, join, serialise_ids
from catalogue.change_notes import Aspect, note_changes
from catalogue.database import (
    Statement,
    Transaction,
    columns,
    lock,
    many,
    many_of,
    scalars,
    scalars_of,
    send,
)
from catalogue.schema import agencies, branches, held_records, items, records, temporary_records

#: The consortium of `hidden_from` that stands for no one in particular.
NO_CONSORTIUM = 0
#: Records read at a time when all bitmaps are made anew.
_AT_ONCE = 10_000


class Holder(NamedTuple):
    """An agency or a branch whose stock is seen by readers of others, and its name in
    ``held_records``; for people it is `called` so. `agency_isil` is that of a branch's agency."""

    isil: str
    name: str
    called: str
    agency_isil: str | None


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


@lock
def _lock_holders() -> Statement:
    return text("LOCK TABLE held_records IN SHARE ROW EXCLUSIVE MODE")


@many(Agency)
def _agencies() -> Statement:
    return select(*columns(Agency, agencies))


@many(tuple[int, int])
def _branches() -> Statement:
    return select(branches.c.id, branches.c.agency_id)


class _HolderRow(NamedTuple):
    isil: str
    id: int
    kind: str
    shares_stock: bool
    name: str
    prefix: str
    agency_isil: str | None


@many(_HolderRow)
def _holders() -> Statement:
    of_branches = branches.join(agencies, branches.c.agency_id == agencies.c.id)
    agency = {"prefix": literal_column("'agency:'"), "agency_isil": null()}
    branch = {
        **{name: branches.c[name] for name in ("isil", "id", "name")},
        "prefix": literal_column("'branch:'"),
        "agency_isil": agencies.c.isil,
    }
    return union_all(
        select(*columns(_HolderRow, agencies, **agency)),
        select(*columns(_HolderRow, agencies, **branch)).select_from(of_branches),
    )


@many_of(tuple[int, int])
def _holding_branches(*, record_ids: Sequence[int]) -> Statement:
    held = select(items.c.record_id, items.c.branch_id).distinct()
    return held.where(items.c.record_id.in_(record_ids))


@many_of(tuple[int, int])
def _owners(*, record_ids: Sequence[int]) -> Statement:
    return select(records.c.id, records.c.agency_id).where(
        records.c.id.in_(record_ids), records.c.agency_id.is_not(None)
    )


@scalars_of(int)
def _temporary(*, record_ids: Sequence[int]) -> Statement:
    return select(temporary_records.c.record_id).where(
        temporary_records.c.record_id.in_(record_ids)
    )


@many(tuple[str, bytes])
def _rows_of_chunk(*, chunk: int) -> Statement:
    its = held_records.c.chunk == chunk
    return select(held_records.c.holder, held_records.c.bitmap).where(its)


@scalars(bytes)
def _rows_of_holder(*, holder: str) -> Statement:
    return select(held_records.c.bitmap).where(held_records.c.holder == holder)


@send
def _delete(*, holder: str, chunk: int) -> Statement:
    is_row = (held_records.c.holder == holder) & (held_records.c.chunk == chunk)
    return delete(held_records).where(is_row)


@send
def _insert(*, holder: str, chunk: int, bitmap: bytes) -> Statement:
    return insert(held_records).values(locals())


@send
def _clear() -> Statement:
    return delete(held_records)


@scalars(int)
def _next_ids(*, number: int) -> Statement:
    return select(records.c.id).where(records.c.id > number).order_by(records.c.id).limit(_AT_ONCE)


def update_holders(transaction: Transaction, record_ids: Iterable[int]) -> None:
    """Brings the bitmaps up to date with the items and owners of these records.

    To be called in the transaction that adds, moves or removes items, or adds, merges or removes
    records; ids that no record has any more are taken out. Holds off others who do the same until
    the commit. Notes that the items of the records have changed, and, where somebody else has them
    now, that the records have.
    """
    ids = list(record_ids)
    if not ids:
        return
    _lock_holders(transaction)
    wanted = holders_of(transaction, ids)
    moved = BitMap()
    by_chunk: defaultdict[int, list[int]] = defaultdict(list)
    for number in ids:
        by_chunk[number >> CHUNK_BITS].append(number)
    for chunk, numbers in by_chunk.items():
        before = dict(_rows_of_chunk(transaction, chunk=chunk))
        changed = BitMap(numbers)
        for holder in {*before, *wanted}:
            held = wanted.get(holder, _NONE) & changed
            row = before.get(holder)
            old = deserialise(row) if row is not None else _NONE
            new = (old - changed) | held
            if new == old:
                continue
            moved |= new ^ old
            if row is not None:
                _delete(transaction, holder=holder, chunk=chunk)
            if new:
                _insert(transaction, holder=holder, chunk=chunk, bitmap=serialise_ids(new))
    both = Aspect.HOLDINGS | Aspect.RECORD
    note_changes(transaction, moved, both)
    note_changes(transaction, set(ids).difference(moved), Aspect.HOLDINGS)


_NONE = BitMap()


def rebuild_holders(transaction: Transaction) -> None:
    """Makes all bitmaps anew: after a change of an agency's kind, or of the agency of a branch."""
    _lock_holders(transaction)
    _clear(transaction)
    last = 0
    while found := _next_ids(transaction, number=last):
        update_holders(transaction, found)
        last = found[-1]


def held_by_branch(transaction: Transaction, branch_id: int) -> BitMap:
    """The records of which the branch has an item."""
    return _read(transaction, f"branch:{branch_id}")


def held_by_agency(transaction: Transaction, agency_id: int) -> BitMap:
    """The records of which the agency has an item, and its own without items."""
    return _read(transaction, f"agency:{agency_id}")


def open_holders(transaction: Transaction) -> list[Holder]:
    """The agencies and branches whose stock is seen by everybody. What a closed one has concerns
    its own readers alone, who have its database for that."""
    return [
        Holder(row.isil, f"{row.prefix}{row.id}", row.name, row.agency_isil)
        for row in _holders(transaction)
        if _is_open(row.kind, row.shares_stock)
    ]


def held_by(transaction: Transaction, holder: Holder) -> BitMap:
    """The records that a holder has."""
    return _read(transaction, holder.name)


def hidden_from(transaction: Transaction, consortium_id: int = NO_CONSORTIUM) -> BitMap:
    """The records that readers of the consortium's database do not see."""
    return _read(transaction, hidden_name(consortium_id))


def hidden_name(consortium_id: int) -> str:
    """The name in ``held_records`` of what readers of the consortium's database do not see."""
    return f"hidden:{consortium_id}"


def _read(transaction: Transaction, holder: str) -> BitMap:
    return join(_rows_of_holder(transaction, holder=holder))


def holders_of(transaction: Transaction, ids: Sequence[int]) -> dict[str, BitMap]:
    """What each holder has of the records, and what is hidden of them, by the names in
    ``held_records``."""
    known = {agency.id: agency for agency in _agencies(transaction)}
    agency_of = dict(_branches(transaction))
    holding: defaultdict[int, set[int]] = defaultdict(set)
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    consortia = {agency.consortium_id for agency in known.values()}
    temporary = set(_temporary(transaction, record_ids=ids))
    if temporary:
        for consortium_id in {NO_CONSORTIUM, *consortia}:
            numbers[hidden_name(consortium_id)] += temporary
        ids = [number for number in ids if number not in temporary]
    for record_id, branch_id in _holding_branches(transaction, record_ids=ids):
        numbers[f"branch:{branch_id}"].append(record_id)
        holding[record_id].add(agency_of[branch_id])
    for record_id, owner_id in _owners(transaction, record_ids=ids):
        if record_id not in holding:
            holding[record_id].add(owner_id)
    for number, holders in holding.items():
        for agency_id in holders:
            numbers[f"agency:{agency_id}"].append(number)
        for consortium_id in _closed_to(consortia, [known[agency] for agency in holders]):
            numbers[hidden_name(consortium_id)].append(number)
    return {holder: BitMap(found) for holder, found in numbers.items()}


def _closed_to(consortia: Iterable[int], holders: Sequence[Agency]) -> Iterator[int]:
    """The consortia whose readers do not see what these agencies alone hold."""
    seen_in = {agency.consortium_id for agency in holders if agency.is_open}
    if not seen_in:
        yield NO_CONSORTIUM
    yield from (number for number in consortia if number not in seen_in)
