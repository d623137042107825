"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("loans.features:LENDING", "acts:FEES_AT_LOAN"),
    joins("loans.features:RENEWING", "acts:FEES_AT_RENEWAL"),
    joins("loans.ending:ENDING", "acts:FeesAtEnd()"),
    joins("loans.lost:LOSING", "acts:FeesAtLoss()"),
    joins("loans.undo:UNDOING", "acts:FeesAtUndo()"),
    joins("holds.wishes:PLACING", "loan_fees:fees_at_hold"),
    joins("ledger.postings:LESS_IS_OWED", "debts:lift_settled_blocks"),
    joins("kernel.set_up:SET_UP_PARTS", "rules:FEES"),
    joins("kernel.set_up:SET_UP_PARTS", "payment_ways:PAYMENT_WAYS"),
    joins("sections.sections:SECTIONS", "section:FEES"),
    joins("sections.sections:SECTIONS", "section:PAYMENT"),
)
