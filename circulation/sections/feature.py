"""What this folder adds to the set-up."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("sections.sections:SECTIONS", "organisation:*ORGANISATION"),
    joins("sections.sections:SECTIONS", "agreements:AGREEMENTS"),
    joins("sections.sections:SECTIONS", "calendars:*CALENDARS", "rules:LOAN_RULES"),
    joins("sections.sections:SECTIONS", "transport:*BETWEEN_BRANCHES"),
)
