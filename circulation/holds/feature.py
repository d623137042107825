"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("items.facts:ITEM", "part:WAITED_FOR"),
    joins("patrons.facts:PATRON", "of_patron:HOLDS_OF_PATRON"),
    joins("items.features:ITEM_FEATURES", "part:HoldsOfItem()"),
    joins("loans.features:LENDING", "fulfilment:HOLDS_AT_LOAN"),
    joins("loans.features:RENEWING", "fulfilment:HOLDS_AT_RENEWAL"),
    joins("loans.features:RETURNING", "at_return:HoldsAtReturn()"),
    joins("loans.undo:UNDOING", "restoring:HoldsAtUndo()"),
    joins("items.removal:REMOVING", "withdrawing:HoldsAtRemoval()"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
    joins("patrons.blocks:AT_DEATH", "expiry:end_holds_of"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
