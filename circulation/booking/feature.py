"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.booking.at_loan import (
    BOOKINGS_AT_LOAN,
    BOOKINGS_AT_RENEWAL,
    BookingsAtReturn,
    BookingsAtUndo,
    BookingsBeforeHolds,
)
from circulation.booking.closing import end_bookings_of
from circulation.booking.part import SPOKEN_FOR, STAYS_OF_COPIES, BookingsOfItem
from circulation.booking.privacy import HISTORY, PERSONAL
from circulation.booking.schema import stays
from circulation.booking.stays import StaysAtRemoval
from circulation.booking.telling import BOOKINGS_TOLD, TRIGGERS_OF_BOOKINGS
from circulation.holds.copies import COPY_COLUMNS
from circulation.holds.keeping import KEEPING
from circulation.items.facts import ITEM
from circulation.items.features import ITEM_FEATURES
from circulation.items.removal import REMOVING
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.loans.features import LENDING, RENEWING, RETURNING
from circulation.loans.privacy import LOAN_HISTORY
from circulation.loans.undo import UNDOING
from circulation.notices.contents import ROWS_TOLD
from circulation.notices.triggers import TRIGGERS
from circulation.patrons.blocks import AT_DEATH
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.stock.shelves import AWAY

JOINS: tuple[Join, ...] = (
    joins(ITEM, SPOKEN_FOR),
    joins(ITEM_FEATURES, BookingsOfItem()),
    joins(LENDING, BOOKINGS_AT_LOAN),
    joins(RENEWING, BOOKINGS_AT_RENEWAL),
    joins(RETURNING, BookingsAtReturn()),
    joins(UNDOING, BookingsAtUndo()),
    joins(KEEPING, BookingsBeforeHolds()),
    joins(COPY_COLUMNS, STAYS_OF_COPIES),
    joins(REMOVING, StaysAtRemoval()),
    joins(AWAY, stays.c.item_id),
    joins(PERSONAL_DATA, PERSONAL),
    joins(AT_DEATH, end_bookings_of),
    joins(LOAN_HISTORY, HISTORY),
    joins(ROWS_TOLD, BOOKINGS_TOLD),
    joins(TRIGGERS, *TRIGGERS_OF_BOOKINGS),
    joins(DAILY, "circulation.booking.daily"),
)
