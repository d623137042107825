"""Items that are not on loan and cannot be found: one row while they are missing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert

from catalogue.database import Statement, send
from circulation.items.schema import missing_items


#: Parameters: the item, and since when it is missing.
@send
def note_missing(*, item_id: int, since: datetime) -> Statement:
    return insert(missing_items).values(item_id=item_id, since=since)


#: The item has turned up.
@send
def forget_missing(*, item_id: int) -> Statement:
    return delete(missing_items).where(missing_items.c.item_id == item_id)
