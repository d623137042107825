"""What the facts of an item say of bookings, deposits and themes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Transaction
from catalogue.schema import items
from circulation.booking.schema import bookings, stays
from circulation.booking.stays import stays_of
from circulation.holds.copies import CopyColumns
from circulation.items.facts import ItemFacts
from circulation.items.features import ItemFeature
from circulation.kernel.parts import Part
from circulation.kernel.results import CirculationStatus, ItemState, Stay
from circulation.kernel.set_up import SetUp


class SpokenFor(NamedTuple):
    """A booking, a deposit or a theme has a word to say on what becomes of the item."""

    bookings: int  # open ones, of the title
    branch_id: int | None  # it is to be there for a while
    seen_branch_id: int | None  # and was last at that branch
    booking_id: int | None
    loan_days: int | None  # lends it for so many days; 0: to nobody but who has booked it

    @property
    def is_kept(self) -> bool:
        """Is it not lent to anybody but whom it is set aside for?"""
        return self.loan_days == 0


_OPEN_BOOKINGS = (
    select(func.count())
    .select_from(bookings)
    .where(bookings.c.record_id == items.c.record_id, bookings.c.closed.is_(None))
    .correlate(items)
    .scalar_subquery()
)
SPOKEN_FOR = Part(
    SpokenFor,
    {"bookings": _OPEN_BOOKINGS, **{name: stays.c[name] for name in SpokenFor._fields[1:]}},
    keys=("bookings", "branch_id"),
    joins=[(stays, stays.c.item_id == items.c.id)],
)

#: A copy stands where it was seen last, and is kept where its stay lends it to nobody.
STAYS_OF_COPIES = CopyColumns(
    {
        "branch_id": func.coalesce(stays.c.seen_branch_id, items.c.branch_id),
        "stay_loan_days": stays.c.loan_days,
    },
    ((stays, stays.c.item_id == items.c.id),),
)


class BookingsOfItem(ItemFeature):
    parts = (SPOKEN_FOR,)

    def belongs_at(self, item: ItemFacts) -> int | None:
        found = SPOKEN_FOR.of(item)
        return None if found is None else found.branch_id

    def shown(self, item: ItemFacts, status: CirculationStatus, now: datetime) -> CirculationStatus:
        found = SPOKEN_FOR.of(item)
        is_set_aside = found is not None and found.is_kept and found.booking_id is not None
        if status.state is not ItemState.AVAILABLE or not is_set_aside:
            return status
        return status._replace(state=ItemState.ON_HOLD_SHELF)

    def stays(
        self, transaction: Transaction, set_up: SetUp, found: Sequence[ItemFacts]
    ) -> dict[int, Stay]:
        elsewhere = [item.id for item in found if self.belongs_at(item) is not None]
        return stays_of(transaction, set_up, elsewhere)
