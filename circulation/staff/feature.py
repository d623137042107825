"""What this folder joins to the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema", "lookup_log"),
    joins("kernel.set_up:SET_UP_PARTS", "roles:ROLES"),
    joins("kernel.set_up:SET_UP_PARTS", "settings:STAFF_RULES"),
    joins("sections.sections:SECTIONS", "section:*STAFF"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
