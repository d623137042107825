"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.patrons.pin_settings import PIN_RULES
from circulation.patrons.section import PINS
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(SET_UP_PARTS, PIN_RULES),
    joins(SECTIONS, PINS),
    joins(DAILY, "circulation.patrons.daily"),
)
