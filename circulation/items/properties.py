"""What machines write down of items in words of their own: SIP2's item properties (19, CH)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, null, select

from catalogue.database import Statement, is_typed, scalar, send
from catalogue.items import find_item
from catalogue.schema import items
from circulation.items.facts import ItemFacts, lock_item
from circulation.items.features import ItemFeature
from circulation.items.schema import item_properties
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Part
from circulation.kernel.results import CirculationStatus


class ItemProperties(NamedTuple):
    """Something is written down of the item. Not read for who lends it or takes it back."""

    text: str


PROPERTIES = Part(
    ItemProperties,
    {
        "text": select(item_properties.c.properties)
        .where(item_properties.c.item_id == items.c.id)
        .correlate(items)
        .scalar_subquery()
    },
    keys=("text",),
    cheaper={"text": null()},
)


class PropertiesOfItem(ItemFeature):
    parts = (PROPERTIES,)

    def shown(self, item: ItemFacts, status: CirculationStatus, now: datetime) -> CirculationStatus:
        found = PROPERTIES.of(item)
        assert found is not None
        return status._replace(properties=found.text)


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
