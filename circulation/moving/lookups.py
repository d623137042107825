"""What rows refer to: patrons, items and records, found for a whole batch at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import Table, select

from catalogue.database import Statement, columns, many_of
from catalogue.records import records_numbered
from catalogue.schema import items
from circulation.moving.rows import Arrival, Batch
from circulation.moving.schema import moved_rows
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.schema import patron_identifiers, patrons

Found = TypeVar("Found")


class FoundPatron(NamedTuple):
    """A patron, and what they were looked for by."""

    sought: str
    id: int
    agency_id: int
    home_branch_id: int
    category: str


class FoundItem(NamedTuple):
    """An item, and what it was looked for by."""

    sought: str
    id: int
    record_id: int
    branch_id: int
    material_group: str


# Whoever is found is not erased before the rows that name them are written: not every column that
# does is a foreign key.
@many_of(FoundPatron)
def _by_identifier(*, sought: Sequence[str]) -> Statement:
    its = patron_identifiers.c.identifier
    return (
        select(*columns(FoundPatron, patrons, sought=its))
        .select_from(
            patron_identifiers.join(patrons, patrons.c.id == patron_identifiers.c.patron_id)
        )
        .where(its.in_(sought))
        .with_for_update(read=True, key_share=True, of=patrons)
    )


@many_of(FoundPatron)
def _by_key(*, sought: Sequence[str], source: str) -> Statement:
    its = moved_rows.c
    return (
        select(*columns(FoundPatron, patrons, sought=its.key))
        .select_from(moved_rows.join(patrons, patrons.c.id == its.row_id))
        .where(its.source == source, its.kind == "patrons", its.key.in_(sought))
        .with_for_update(read=True, key_share=True, of=patrons)
    )


@many_of(FoundItem)
def _by_barcode(*, sought: Sequence[str]) -> Statement:
    return select(*columns(FoundItem, items, sought=items.c.barcode)).where(
        items.c.barcode.in_(sought)
    )


@many_of(FoundItem)
def _item_by_key(*, sought: Sequence[str], source: str) -> Statement:
    its = moved_rows.c
    return (
        select(*columns(FoundItem, items, sought=its.key))
        .select_from(moved_rows.join(items, items.c.id == its.row_id))
        .where(its.source == source, its.kind == "items", its.key.in_(sought))
    )


def branches_of(table: Table, branch: str) -> Callable[..., list[tuple[int, int]]]:
    """Finds rows of a table with the branches in that column of theirs."""

    @many_of(tuple[int, int])
    def found(*, row_ids: Sequence[int]) -> Statement:
        return select(table.c.id, table.c[branch]).where(table.c.id.in_(row_ids))

    return found


def patrons_of(
    batch: Batch, arrivals: Sequence[Arrival], field: str = "patron"
) -> dict[int, FoundPatron]:
    """The patron that each row names, by the `id()` of the row; others are set aside."""
    key = IDENTIFIERS.of(batch.moving.circulation)
    sought = {id(each): key.stored(getattr(each.row, field)) for each in arrivals}
    wanted = sorted({*sought.values()} - {""})
    if field in batch.by_key:
        found = _by_key(batch.transaction, sought=wanted, source=batch.moving.source)
    else:
        found = _by_identifier(batch.transaction, sought=wanted)
    known = {each.sought: each for each in found}
    its = {each: known.get(text) for each, text in sought.items()}
    return _known(batch, arrivals, its, "patron", field)


def items_of(
    batch: Batch, arrivals: Sequence[Arrival], field: str = "item"
) -> dict[int, FoundItem]:
    """The item that each row names, likewise; a row that names none is not set aside."""
    naming = [each for each in arrivals if getattr(each.row, field)]
    known = find_items(batch, {getattr(each.row, field) for each in naming}, field)
    its = {id(each): known.get(getattr(each.row, field)) for each in naming}
    return _known(batch, naming, its, "item", field)


def find_items(batch: Batch, sought: set[str], field: str) -> dict[str, FoundItem]:
    wanted = [*(sought - {""})]
    if field in batch.by_key:
        found = _item_by_key(batch.transaction, sought=wanted, source=batch.moving.source)
    else:
        found = _by_barcode(batch.transaction, sought=wanted)
    return {each.sought: each for each in found}


def records_of(batch: Batch, arrivals: Sequence[Arrival], field: str = "record") -> dict[int, int]:
    """The record that each row names by its control number; others are set aside."""
    naming = [each for each in arrivals if getattr(each.row, field)]
    wanted = [*{getattr(each.row, field) for each in naming}]
    known = records_numbered(batch.transaction, wanted)
    found: dict[int, int] = {}
    for each in naming:
        ids = known.get(getattr(each.row, field), [])
        if len(ids) == 1:
            found[id(each)] = ids[0]
        else:
            batch.set_aside(each, f"{'more than one' if ids else 'unknown'} record", field)
    return found


def _known(
    batch: Batch, arrivals: Sequence[Arrival], found: dict[int, Found | None], noun: str, field: str
) -> dict[int, Found]:
    kept: dict[int, Found] = {}
    for each in arrivals:
        its = found[id(each)]
        if its is None:
            batch.set_aside(each, f"unknown {noun}", field)
        else:
            kept[id(each)] = its
    return kept
