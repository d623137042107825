"""What this folder joins to the others: its tables alone, which the schema has with them."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (joins("kernel.schema:SCHEMAS", "schema"),)
