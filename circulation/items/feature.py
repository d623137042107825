"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("items.facts:ITEM", "properties:PROPERTIES"),
    joins("items.features:ITEM_FEATURES", "properties:PropertiesOfItem()"),
    joins("kernel.set_up:SET_UP_PARTS", "media:MEDIA"),
    joins("sections.sections:SECTIONS", "section:MediaSection()"),
    joins("sections.sections:SECTIONS", "section:PlacementSection()"),
)
