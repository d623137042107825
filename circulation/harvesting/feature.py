"""What this folder joins: its tables, in the schema."""

from __future__ import annotations

import circulation.harvesting.schema  # noqa: F401  its tables join the schema
from circulation.kernel.parts import Join

JOINS: tuple[Join, ...] = ()
