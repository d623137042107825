"""Items that are not on loan and cannot be found: one row while they are missing."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert

from catalogue.database import send
from circulation.items.schema import missing_items

#: Parameters: the item, and since when it is missing.
note_missing = send(
    insert(missing_items).values(item_id=bindparam("new_item_id"), since=bindparam("new_since")),
    "new_item_id",
    "new_since",
)
#: The item has turned up.
forget_missing = send(
    delete(missing_items).where(missing_items.c.item_id == bindparam("item_id")), "item_id"
)
