"""How the rows of a scene begin."""

from __future__ import annotations

from enum import Enum


class ItemState(Enum):
    """How the item of a scene begins."""

    LENT = "on loan, as is the only copy"
    OVERDUE = "on loan and overdue"
    ONWARD = "on loan, and lent onward"
    CLAIMED = "claimed returned"
    LOST = "declared lost, and charged for"
    FREE = "on its shelf"
    WANTED = "on its shelf, wanted by a hold"
    SHELVED = "on the hold shelf"
    RECALLED = "on loan, wanted by a hold and recalled"
    JUST_LENT = "lent by the machine a moment ago"
    JUST_RETURNED = "handed in at the machine a moment ago"
    BOOKED = "on its shelf, booked"
    ASIDE = "set aside for a booking"
    MISSING = "missing from its shelf"
    PLACED = "in a deposit"
    TWINNED = "on its shelf, of a title that is in the catalogue twice"
    ASKED = "asked for at another library"
    OFFERED = "offered by another library on terms"
    SHIPPED = "sent by another library"
    ARRIVED = "of another library, on the hold shelf"
    BORROWED = "of another library, on loan"
    TO_GO_HOME = "of another library, returned by its patron"
    DEMANDED = "on its shelf, wanted by another library"
    LENT_OUT = "lent to another library"


class MoneyState(Enum):
    """How the charge of a scene begins."""

    OWED = "owed"
    PARTLY_PAID = "paid in part"
    WRITTEN_OFF = "written off in part"
    OVERPAID = "paid, and reduced afterwards"
    HANDED_OVER = "handed over for collection"
    FILED = "handed over, and in a file for the debtor system"


class TellingState(Enum):
    """How a message to the patron of a scene begins."""

    PLANNED = "to be sent"
    SENDING = "being sent"
    UNSURE = "perhaps sent"
    TO_BE_TRIED = "to be sent again by its channel"
    FAILED = "to be sent by another channel"
