"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.items.removal import REMOVING
from circulation.kernel.parts import Join, joins
from circulation.ledger.balances import ACCOUNT_OF_PATRON
from circulation.ledger.charges import MoneyAtRemoval
from circulation.ledger.privacy import HISTORY, PERSONAL
from circulation.loans.privacy import LOAN_HISTORY
from circulation.patrons.facts import PATRON
from circulation.patrons.personal_data import PERSONAL_DATA

JOINS: tuple[Join, ...] = (
    joins(PATRON, ACCOUNT_OF_PATRON),
    joins(REMOVING, MoneyAtRemoval()),
    joins(PERSONAL_DATA, PERSONAL),
    joins(LOAN_HISTORY, HISTORY),
)
