"""What this folder joins to the others: its tables alone, which the schema has with them."""

from __future__ import annotations

import circulation.stock.schema  # noqa: F401  its tables join the schema
from circulation.kernel.parts import Join

JOINS: tuple[Join, ...] = ()
