"""What machines write down of items in words of their own: SIP2's item properties (19, CH)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, is_typed, scalar, send
from catalogue.items import find_item
from catalogue.schema import items
from circulation.items.facts import lock_item
from circulation.items.schema import item_properties
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk

_of_barcode = scalar(
    select(item_properties.c.properties)
    .join_from(item_properties, items)
    .where(is_typed(items.c.barcode, "barcode")),
    "barcode",
)
_forget = send(
    delete(item_properties).where(item_properties.c.item_id == bindparam("of_item")), "of_item"
)
_insert = send(
    insert(item_properties).values(
        item_id=bindparam("new_item_id"),
        properties=bindparam("new_properties"),
        changed=bindparam("new_changed"),
    ),
    "new_item_id",
    "new_properties",
    "new_changed",
)


def properties_of(transaction: Transaction, item: str) -> str | None:
    """What is written down of the item with this barcode; None for nothing."""
    found: str | None = _of_barcode(transaction, item)
    return found


def set_properties(
    transaction: Transaction, *, desk: Desk, item: str, properties: str, now: datetime
) -> bool:
    """Writes down the properties in place of the former ones; empty ones are forgotten.

    False where no item has this barcode.
    """
    lock_item(transaction, barcode=item)
    known = find_item(transaction, item)
    if known is None:
        return False
    before = properties_of(transaction, item)
    _forget(transaction, known.id)
    if properties:
        _insert(transaction, known.id, properties, now)
    write_event(
        transaction,
        EventKind.ITEM_PROPERTIES_SET,
        desk,
        now,
        item_id=known.id,
        before={"properties": before} if before else None,
        after={"properties": properties} if properties else None,
    )
    return True
