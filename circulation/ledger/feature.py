"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("patrons.facts:PATRON", "balances:ACCOUNT_OF_PATRON"),
    joins("items.removal:REMOVING", "charges:MoneyAtRemoval()"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
    joins("loans.privacy:LOAN_HISTORY", "privacy:HISTORY"),
)
