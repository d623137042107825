"""Items on their way from branch to branch: one row while they are."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sqlalchemy import delete, insert

from catalogue.database import Statement, send
from circulation.items.schema import transits


class TransitReason(Enum):
    """Why an item is sent. The value is what `transits.reason` holds."""

    HOME = "home"
    PICKUP = "pickup"  # somebody waits for it there
    STAY = "stay"  # it is to be there for a while: set aside, on deposit, in a theme


#: Begins a transit of an item that has none: item, from branch, to branch, since, and the value
#: of a `TransitReason`.
@send
def begin_transit(
    *, item_id: int, from_branch_id: int, to_branch_id: int, since: datetime, reason: str
) -> Statement:
    return insert(transits).values(locals())


#: Ends the item's transit, if there is one.
@send
def end_transit(*, item_id: int) -> Statement:
    return delete(transits).where(transits.c.item_id == item_id)
