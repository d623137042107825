"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("kernel.events:FOLLOWERS", "triggers:FOLLOWER"),
    joins("loans.auto_renewals:NOT_RENEWED", "not_renewed:tell_not_renewed"),
    joins("closures.redating:DATES_MOVED", "closures:tell_of_new_dates"),
    joins("closures.closing:CLOSURE_CHANGED", "closures:follow_closure"),
    joins("interlending.rota:UNOBTAINABLE", "unobtainable:tell_unobtainable"),
    joins("notices.contents:ROWS_TOLD", "contents:*OWN_ROWS"),
    joins("notices.triggers:TRIGGERS", "triggers:*OWN_TRIGGERS"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
    joins("kernel.set_up:SET_UP_PARTS", "rules:NOTICES"),
    joins("sections.sections:SECTIONS", "section:NOTICES"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
