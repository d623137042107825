"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.accession.deliveries import expected_copies
from circulation.accession.section import NEW_ITEMS
from circulation.holds.copies import ON_ORDER
from circulation.kernel.parts import Join, joins
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(ON_ORDER, expected_copies),
    joins(SECTIONS, *NEW_ITEMS),
)
