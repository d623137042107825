"""Items: the copies of records that stand on shelves and have barcodes.

Whether an item is lent, held or overdue is not known here: circulation computes that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import insert, select

from catalogue.database import Statement, Transaction, columns, is_typed, many_of, one, scalar_one
from catalogue.holders import update_holders
from catalogue.schema import items

#: Characters of a barcode.
LONGEST_BARCODE: Final = 64


class Item(NamedTuple):
    """One copy. `branch_id` is the branch it belongs to; `price` counts minor units of `currency`
    (ISO 4217), both None where no price is known; `part` is of a serial or a work in volumes;
    `float_group` is for items that stay where they are handed in. `section` is the narrowest of
    the places within the branch: department, location, sublocation, section. `not_for_loan` says
    why the item is not lent. The texts are empty where nothing is known."""

    id: int
    barcode: str
    record_id: int
    branch_id: int
    department: str
    location: str
    sublocation: str
    call_number: str
    material_group: str
    price: int | None
    currency: str | None
    part: str = ""
    float_group: str = ""
    section: str = ""
    not_for_loan: str = ""


class BarcodeInUse(ValueError):
    """An item was to be added with a barcode that another item has."""

    def __init__(self, barcode: str) -> None:
        super().__init__(f"there is an item with barcode {barcode!r} already")
        self.barcode = barcode


@one(Item)
def _item_by_barcode(*, barcode: str) -> Statement:
    return select(*columns(Item, items)).where(is_typed(items.c.barcode, barcode))


@many_of(Item)
def _items_of_records(*, record_ids: Sequence[int]) -> Statement:
    return (
        select(*columns(Item, items)).where(items.c.record_id.in_(record_ids)).order_by(items.c.id)
    )


@scalar_one(int)
def _insert_item(
    *,
    barcode: str,
    record_id: int,
    branch_id: int,
    department: str,
    location: str,
    sublocation: str,
    call_number: str,
    material_group: str,
    price: int | None,
    currency: str | None,
    part: str,
    float_group: str,
    section: str,
    created: datetime,
) -> Statement:
    return insert(items).values(locals()).returning(items.c.id)


def add_item(
    transaction: Transaction,
    *,
    barcode: str,
    record_id: int,
    branch_id: int,
    now: datetime,
    department: str = "",
    location: str = "",
    sublocation: str = "",
    call_number: str = "",
    material_group: str = "",
    price: int | None = None,
    currency: str | None = None,
    part: str = "",
    float_group: str = "",
    section: str = "",
) -> int:
    """Adds a copy of the record `record_id` to the branch and returns the item's id.

    Raises BarcodeInUse; ValueError for an empty barcode, or a price without its currency or the
    other way round. A record or branch that does not exist breaks a foreign key, and the driver's
    integrity error comes up.
    """
    if not barcode:
        raise ValueError("an item needs a barcode")
    if (price is None) != (currency is None):
        raise ValueError("a price and its currency go together")
    same = _item_by_barcode(transaction, barcode=barcode)
    if same is not None and same.barcode == barcode:
        raise BarcodeInUse(barcode)
    new_id: int = _insert_item(
        transaction,
        barcode=barcode,
        record_id=record_id,
        branch_id=branch_id,
        department=department,
        location=location,
        sublocation=sublocation,
        call_number=call_number,
        material_group=material_group,
        price=price,
        currency=currency,
        part=part,
        float_group=float_group,
        section=section,
        created=now,
    )
    update_holders(transaction, (record_id,))
    return new_id


def is_barcode(text: str) -> bool:
    """Can this be the barcode of an item: something printable, of `LONGEST_BARCODE` at most?"""
    return bool(text.strip()) and len(text) <= LONGEST_BARCODE and text.isprintable()


def find_item(transaction: Transaction, barcode: str) -> Item | None:
    """The item with this barcode, or the only one whose barcode differs from it by case alone."""
    return _item_by_barcode(transaction, barcode=barcode)


def items_of_records(transaction: Transaction, record_ids: Sequence[int]) -> dict[int, list[Item]]:
    """All items of each record asked for, oldest first; an empty list where it has none."""
    found: dict[int, list[Item]] = {number: [] for number in record_ids}
    for item in _items_of_records(transaction, record_ids=list(found)):
        found[item.record_id].append(item)
    return found
