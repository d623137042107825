"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("items.facts:ITEM", "part:SPOKEN_FOR"),
    joins("items.features:ITEM_FEATURES", "part:BookingsOfItem()"),
    joins("loans.features:LENDING", "at_loan:BOOKINGS_AT_LOAN"),
    joins("loans.features:RENEWING", "at_loan:BOOKINGS_AT_RENEWAL"),
    joins("loans.features:RETURNING", "at_loan:BookingsAtReturn()"),
    joins("loans.undo:UNDOING", "at_loan:BookingsAtUndo()"),
    joins("holds.keeping:KEEPING", "at_loan:BookingsBeforeHolds()"),
    joins("holds.copies:COPY_COLUMNS", "part:STAYS_OF_COPIES"),
    joins("items.removal:REMOVING", "stays:StaysAtRemoval()"),
    joins("stock.shelves:AWAY", "schema:stays.c.item_id"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
    joins("patrons.blocks:AT_DEATH", "closing:end_bookings_of"),
    joins("loans.privacy:LOAN_HISTORY", "privacy:HISTORY"),
    joins("notices.contents:ROWS_TOLD", "telling:BOOKINGS_TOLD"),
    joins("notices.triggers:TRIGGERS", "telling:*TRIGGERS_OF_BOOKINGS"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
