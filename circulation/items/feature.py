"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.items.media import MEDIA
from circulation.items.section import MediaSection, PlacementSection
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS
from circulation.sections.sections import SECTIONS

JOINS: tuple[Join, ...] = (
    joins(SET_UP_PARTS, MEDIA),
    joins(SECTIONS, MediaSection()),
    joins(SECTIONS, PlacementSection()),
)
