"""What this folder joins to the others: its tables, and what becomes of them when a patron goes."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("loans.waiting:TRIERS", "off_line.playing:*TRIERS"),
    joins("patrons.personal_data:PERSONAL_DATA", "privacy:PERSONAL"),
)
