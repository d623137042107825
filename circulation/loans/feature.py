"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("items.facts:ITEM", "facts:OPEN_LOAN"),
    joins("patrons.facts:PATRON", "of_patron:LOANS_OF_PATRON"),
    joins("items.features:ITEM_FEATURES", "facts:LoanOfItem()"),
    joins("items.removal:REMOVING", "facts:LoanAtRemoval()"),
    joins("patrons.identifiers:CARD_ADDED", "waiting:try_card"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
    joins("sections.sections:SECTIONS", "section:HistorySection()"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
