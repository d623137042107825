"""What machines write down of items in words of their own: SIP2's item properties (19, CH)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, is_typed, scalar, send
from catalogue.items import find_item
from catalogue.schema import items
from circulation.items.facts import lock_item
from circulation.items.schema import item_properties
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event


@scalar(str)
def properties_of(*, barcode: str) -> Statement:
    """What is written down of the item with this barcode; None for nothing."""
    return (
        select(item_properties.c.properties)
        .join_from(item_properties, items)
        .where(is_typed(items.c.barcode, barcode))
    )


@send
def _forget(*, item_id: int) -> Statement:
    return delete(item_properties).where(item_properties.c.item_id == item_id)


@send
def _insert(*, item_id: int, properties: str, changed: datetime) -> Statement:
    return insert(item_properties).values(locals())


def set_properties(act: Act, *, item: str, properties: str) -> bool:
    """Writes down the properties in place of the former ones; empty ones are forgotten.

    False where no item has this barcode.
    """
    transaction, now = act.transaction, act.now
    lock_item(transaction, barcode=item)
    known = find_item(transaction, item)
    if known is None:
        return False
    before = properties_of(transaction, barcode=item)
    _forget(transaction, item_id=known.id)
    if properties:
        _insert(transaction, item_id=known.id, properties=properties, changed=now)
    append_event(
        act,
        NewEvent(
            EventKind.ITEM_PROPERTIES_SET,
            item_id=known.id,
            before={"properties": before} if before else None,
            after={"properties": properties} if properties else None,
        ),
    )
    return True
