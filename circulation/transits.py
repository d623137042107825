"""Items on their way from branch to branch: one row while they are."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert

from catalogue.statements import send
from circulation.schema import transits

#: Begins a transit of an item that has none: item, from branch, to branch, since.
begin_transit = send(
    insert(transits).values(
        item_id=bindparam("new_item_id"),
        from_branch_id=bindparam("new_from_branch_id"),
        to_branch_id=bindparam("new_to_branch_id"),
        since=bindparam("new_since"),
    ),
    "new_item_id",
    "new_from_branch_id",
    "new_to_branch_id",
    "new_since",
)
#: Ends the item's transit, if there is one.
end_transit = send(delete(transits).where(transits.c.item_id == bindparam("item_id")), "item_id")
