"""What this folder joins to the verbs, the set-up and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("holds.copies:ON_ORDER", "deliveries:expected_copies"),
    joins("sections.sections:SECTIONS", "section:*NEW_ITEMS"),
)
