"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("items.facts:ITEM", "part:WITH_PARTNER"),
    joins("items.features:ITEM_FEATURES", "part:PartnerOfItem()"),
    joins("loans.features:LENDING", "following:PARTNER_AT_LOAN"),
    joins("loans.features:RENEWING", "following:PARTNER_AT_RENEWAL"),
    joins("loans.features:RETURNING", "following:PartnerAtReturn()", "arriving:SentBack()"),
    joins("loans.features:AWAITED", "arriving:take_in"),
    joins("loans.lost:LOSING", "following:PartnerAtLoss()"),
    joins("loans.undo:UNDOING", "following:PartnerAtUndo()"),
    joins("holds.copies:COPY_COLUMNS", "part:FOREIGN_COPIES"),
    joins("holds.changes:ENDED_IN_VAIN", "following:follow_end_of_hold"),
    joins("holds.recalls:RECALLED", "following:follow_recall"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
    joins("kernel.set_up:SET_UP_PARTS", "rules:INTERLENDING"),
    joins("kernel.set_up:SET_UP_PARTS", "suppliers:SUPPLIERS"),
    joins("sections.sections:SECTIONS", "rules:SECTION"),
    joins("callers.registries:STILL_NEEDED", "lists:is_under_way"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
