"""Holdings records (MFHD) become items of the record they belong to.

A piece with a barcode is an item with it. A place without pieces is one item, whose barcode is made
of the holdings record's number (`made_barcode`), so that the same record loaded again changes that
item instead of adding another. The branch is the one whose ISIL or name the place gives, else
the one said for the load; what else the place names becomes department, location, sublocation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import Statement, Transaction, columns, many, many_of, send_many
from catalogue.holders import update_holders
from catalogue.loading.preparation import Batch, FoundHoldings, Rejected
from catalogue.marc.mfhd import Holdings, Piece
from catalogue.schema import branches, items, records


@many_of(tuple[str, int])
def _records_by_number(*, control_numbers: Sequence[str]) -> Statement:
    return (
        select(records.c.control_number, records.c.id)
        .where(records.c.control_number.in_(control_numbers))
        .order_by(records.c.id)
    )


@many_of(tuple[str, int])
def _items_by_barcode(*, barcodes: Sequence[str]) -> Statement:
    return select(items.c.barcode, items.c.record_id).where(items.c.barcode.in_(barcodes))


class _Branch(NamedTuple):
    id: int
    isil: str
    name: str


@many(_Branch)
def _all_branches() -> Statement:
    return select(*columns(_Branch, branches))


class _NewItem(NamedTuple):
    barcode: str
    record_id: int
    branch_id: int
    department: str
    location: str
    sublocation: str
    call_number: str
    part: str
    created: datetime


@send_many
def _add_items(record: _NewItem) -> Statement:
    return insert(items).values(**record._asdict())


class Copy(NamedTuple):
    """What a piece becomes; `is_new` says that no item has its barcode yet."""

    barcode: str
    record_id: int
    branch_id: int
    department: str
    location: str
    sublocation: str
    call_number: str
    part: str
    is_new: bool


@send_many
def _move_items(copy: Copy) -> Statement:
    placed = {
        "branch_id": copy.branch_id,
        "department": copy.department,
        "location": copy.location,
        "sublocation": copy.sublocation,
        "call_number": copy.call_number,
        "part": copy.part,
    }
    return update(items).where(items.c.barcode == copy.barcode).values(placed)


class CopyPlan(NamedTuple):
    """What is to be stored, and by position why some holdings records cannot be."""

    copies: list[Copy]
    refused: dict[int, str]

    def set_aside(self, batch: Batch) -> list[Rejected]:
        """The records of the batch that cannot be stored."""
        first = batch.found[0].position
        return [
            Rejected(batch.found[position - first], reason)
            for position, reason in self.refused.items()
        ]


def made_barcode(control_number: str, place: int) -> str:
    """The barcode of the n-th place (from 0) of a holdings record that gives none."""
    return f"H{control_number}" + (f"-{place + 1}" if place else "")


def plan_copies(
    transaction: Transaction,
    found: Sequence[FoundHoldings],
    in_batch: Mapping[str, int],
    default_branch: int | None,
) -> CopyPlan:
    """What holdings records become, without changing anything.

    `in_batch` are the records, by control number, that will be stored in the same transaction.
    """
    wanted = list({number for each in found for number in each.holdings.belongs_to})
    known = {**dict(_records_by_number(transaction, control_numbers=wanted)), **in_batch}
    by_name = _branches_by_name(transaction)
    barcodes = list({code for each in found for code, _ in _with_barcodes(each.holdings)})
    taken: dict[str, int] = dict(_items_by_barcode(transaction, barcodes=barcodes))
    copies: list[Copy] = []
    refused: dict[int, str] = {}
    for position, holdings in found:
        record_id = next((known[each] for each in holdings.belongs_to if each in known), None)
        if record_id is None:
            refused[position] = (
                f"there is no record {' or '.join(holdings.belongs_to)}, to which it belongs"
            )
            continue
        made = []
        for barcode, piece in _with_barcodes(holdings):
            branch_id, rest = _branch_of(piece, by_name, default_branch)
            if branch_id is None:
                refused[position] = f"no branch is called {' or '.join(piece.names) or '(nothing)'}"
                break
            if not barcode:
                refused[position] = "it has neither a barcode nor a number to make one of"
                break
            if taken.get(barcode, record_id) != record_id:
                refused[position] = f"barcode {barcode} is an item of another record"
                break
            locations = (*piece.locations, "", "")
            made.append(
                Copy(
                    barcode,
                    record_id,
                    branch_id,
                    rest,
                    locations[0],
                    locations[1],
                    piece.call_number,
                    piece.part,
                    barcode not in taken,
                )
            )
        else:
            taken.update((copy.barcode, record_id) for copy in made)
            copies += made
    return CopyPlan(copies, refused)


def store_copies(transaction: Transaction, copies: Sequence[Copy], *, now: datetime) -> None:
    """Adds the items, or moves those that are there."""
    if not copies:
        return
    new = {copy.barcode: copy for copy in copies if copy.is_new}  # the last of each
    _add_items(
        transaction,
        [
            _NewItem(
                copy.barcode,
                copy.record_id,
                copy.branch_id,
                copy.department,
                copy.location,
                copy.sublocation,
                copy.call_number,
                copy.part,
                now,
            )
            for copy in new.values()
        ],
    )
    _move_items(transaction, [copy for copy in copies if not copy.is_new])
    update_holders(transaction, {copy.record_id for copy in copies})


def _with_barcodes(holdings: Holdings) -> Iterator[tuple[str, Piece]]:
    made = 0
    for piece in holdings.pieces:
        barcode = piece.barcode
        if not barcode and holdings.control_number:
            barcode = made_barcode(holdings.control_number, made)
            made += 1
        yield barcode, piece


def _branches_by_name(transaction: Transaction) -> dict[str, int]:
    """The branches by ISIL and, where only one has it, by name; in lower case."""
    found = _all_branches(transaction)
    names = [branch.name.lower() for branch in found]
    by_name = {
        name: row.id for name, row in zip(names, found, strict=True) if names.count(name) == 1
    }
    return by_name | {branch.isil.lower(): branch.id for branch in found}


def _branch_of(
    piece: Piece, by_name: Mapping[str, int], default: int | None
) -> tuple[int | None, str]:
    """The branch, and what is left of the names for the department: the narrowest."""
    for name in reversed(piece.names):
        if name.lower() in by_name:
            at = piece.names.index(name)
            return by_name[name.lower()], next(iter(piece.names[at + 1 :][-1:]), "")
    return default, next(iter(piece.names[-1:]), "")
