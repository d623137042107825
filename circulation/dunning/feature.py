"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
    joins("loans.privacy:LOAN_HISTORY", "privacy:HISTORY"),
    joins("kernel.set_up:SET_UP_PARTS", "flow_rows:DUNNING"),
    joins("sections.sections:SECTIONS", "section:DUNNING"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
