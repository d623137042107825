"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.dunning import flow_rows, section
from circulation.dunning.privacy import HISTORY, PERSONAL
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.loans.privacy import LOAN_HISTORY
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(PERSONAL_DATA, PERSONAL),
    joins(LOAN_HISTORY, HISTORY),
    joins(SET_UP_PARTS, flow_rows.DUNNING),
    joins(SECTIONS, section.DUNNING),
    joins(DAILY, "circulation.dunning.daily"),
)
