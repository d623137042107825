"""What the facts of an item say of holds: read before the lock of the title's queue, so whatever
follows from it is decided once that is locked."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.schema import items
from circulation.holds.schema import captures, holds
from circulation.items.facts import ItemFacts
from circulation.items.features import ItemFeature
from circulation.kernel.parts import Part
from circulation.kernel.results import CirculationStatus, ItemState


class WaitedFor(NamedTuple):
    """Somebody waits for the title, or the item is bound to a hold or lies on the shelf for it."""

    open_holds: int  # on the title
    hold_id: int | None
    patron_id: int | None
    released: datetime | None

    @property
    def is_held(self) -> bool:
        return self.hold_id is not None and self.released is None


_OPEN_HOLDS = (
    select(func.count())
    .select_from(holds)
    .where(holds.c.record_id == items.c.record_id, holds.c.closed.is_(None))
    .correlate(items)
    .scalar_subquery()
)
WAITED_FOR = Part(
    WaitedFor,
    {
        "open_holds": _OPEN_HOLDS,
        "hold_id": captures.c.hold_id,
        "patron_id": captures.c.patron_id,
        "released": captures.c.released,
    },
    keys=("open_holds", "hold_id"),
    joins=[(captures, captures.c.item_id == items.c.id)],
)


class HoldsOfItem(ItemFeature):
    parts = (WAITED_FOR,)

    def is_held(self, item: ItemFacts) -> bool:
        found = WAITED_FOR.of(item)
        return found is not None and found.is_held

    def shown(self, item: ItemFacts, status: CirculationStatus, now: datetime) -> CirculationStatus:
        found = WAITED_FOR.of(item)
        assert found is not None
        if status.state is ItemState.AVAILABLE and found.hold_id is not None:
            status = status._replace(state=ItemState.ON_HOLD_SHELF)
        return status._replace(open_holds=found.open_holds)
