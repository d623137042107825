"""What this folder joins: its tables, in the schema."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (joins("kernel.schema:SCHEMAS", "schema"),)
