"""What this folder adds to the set-up."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins
from circulation.sections.agreements import AGREEMENTS
from circulation.sections.calendars import CALENDARS
from circulation.sections.organisation import ORGANISATION
from circulation.sections.rules import LOAN_RULES
from circulation.sections.sections import SECTIONS
from circulation.sections.transport import BETWEEN_BRANCHES

JOINS: tuple[Join, ...] = (
    joins(SECTIONS, *ORGANISATION),
    joins(SECTIONS, AGREEMENTS),
    joins(SECTIONS, *CALENDARS, LOAN_RULES),
    joins(SECTIONS, *BETWEEN_BRANCHES),
)
