"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.items.facts import ITEM
from circulation.items.features import ITEM_FEATURES
from circulation.items.removal import REMOVING
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.loans.facts import LOANS_OF_PATRON, OPEN_LOAN, LoanAtRemoval, LoanOfItem
from circulation.loans.privacy import PERSONAL
from circulation.loans.section import HistorySection
from circulation.patrons.facts import PATRON
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(ITEM, OPEN_LOAN),
    joins(PATRON, LOANS_OF_PATRON),
    joins(ITEM_FEATURES, LoanOfItem()),
    joins(REMOVING, LoanAtRemoval()),
    joins(PERSONAL_DATA, PERSONAL),
    joins(SECTIONS, HistorySection()),
    joins(DAILY, "circulation.loans.daily"),
)
