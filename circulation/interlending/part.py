"""What the facts of an item say of interlending."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, literal_column

from catalogue.schema import items
from circulation.holds.copies import CopyColumns
from circulation.interlending.schema import interlibrary_loans
from circulation.interlending.states import BorrowingState
from circulation.items.facts import ItemFacts
from circulation.items.features import ItemFeature
from circulation.kernel.parts import Part
from circulation.kernel.results import CirculationStatus, ItemState


class WithPartner(NamedTuple):
    """The open interlibrary loan that the item is in."""

    id: int
    owner_due: datetime | None  # of what is borrowed: when the owner wants it back
    borrowing_state: str | None  # of what is borrowed: a value of `BorrowingState`


# A literal: a parameter would have to be named in each statement on items.
_IS_BORROWED = interlibrary_loans.c.role == literal_column("'borrower'")
WITH_PARTNER = Part(
    WithPartner,
    {
        "id": interlibrary_loans.c.id,
        "owner_due": case((_IS_BORROWED, interlibrary_loans.c.due)),
        "borrowing_state": case((_IS_BORROWED, interlibrary_loans.c.state)),
    },
    keys=("id",),
    joins=[
        (
            interlibrary_loans,
            (interlibrary_loans.c.item_id == items.c.id) & interlibrary_loans.c.closed.is_(None),
        )
    ],
)

#: What is borrowed belongs to another library, and is here for one patron.
FOREIGN_COPIES = CopyColumns(
    {
        "is_foreign": interlibrary_loans.c.id.is_not(None),
        "came_for": interlibrary_loans.c.patron_id,
    },
    (
        (
            interlibrary_loans,
            (interlibrary_loans.c.item_id == items.c.id)
            & interlibrary_loans.c.closed.is_(None)
            & _IS_BORROWED,
        ),
    ),
)


class PartnerOfItem(ItemFeature):
    parts = (WITH_PARTNER,)

    def shown(self, item: ItemFacts, status: CirculationStatus, now: datetime) -> CirculationStatus:
        found = WITH_PARTNER.of(item)
        goes_back = found is not None and found.borrowing_state == BorrowingState.RETURNED.value
        if status.state is not ItemState.AVAILABLE or not goes_back:
            return status
        return status._replace(state=ItemState.GOES_BACK)
