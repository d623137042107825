"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.callers.partners import PARTNERS
from circulation.callers.registry_section import RegistrySection
from circulation.callers.section import CALLERS
from circulation.callers.sorting import SORTING
from circulation.callers.terminals import TERMINALS
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(SET_UP_PARTS, TERMINALS),
    joins(SET_UP_PARTS, PARTNERS),
    joins(SET_UP_PARTS, SORTING),
    joins(SECTIONS, *CALLERS, RegistrySection()),
    joins(DAILY, "circulation.callers.daily"),
)
