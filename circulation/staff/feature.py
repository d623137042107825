"""What this folder joins to the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.sections.sections import SECTIONS
from circulation.staff.roles import ROLES
from circulation.staff.section import STAFF
from circulation.staff.settings import STAFF_RULES

JOINS: tuple[Join, ...] = (
    joins(SET_UP_PARTS, ROLES),
    joins(SET_UP_PARTS, STAFF_RULES),
    joins(SECTIONS, *STAFF),
    joins(DAILY, "circulation.staff.daily"),
)
