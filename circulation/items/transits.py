"""Items on their way from branch to branch: one row while they are."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import bindparam, delete, insert

from catalogue.database import send
from circulation.items.schema import transits


class TransitReason(Enum):
    """Why an item is sent. The value is what `transits.reason` holds."""

    HOME = "home"
    PICKUP = "pickup"  # somebody waits for it there
    STAY = "stay"  # it is to be there for a while: set aside, on deposit, in a theme


#: Begins a transit of an item that has none: item, from branch, to branch, since, and the value
#: of a `TransitReason`.
begin_transit = send(
    insert(transits).values(
        item_id=bindparam("new_item_id"),
        from_branch_id=bindparam("new_from_branch_id"),
        to_branch_id=bindparam("new_to_branch_id"),
        since=bindparam("new_since"),
        reason=bindparam("new_reason"),
    ),
    "new_item_id",
    "new_from_branch_id",
    "new_to_branch_id",
    "new_since",
    "new_reason",
)
#: Ends the item's transit, if there is one.
end_transit = send(delete(transits).where(transits.c.item_id == bindparam("item_id")), "item_id")
