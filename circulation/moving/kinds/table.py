"""All kinds, in the order in which they are moved: what is referred to comes first."""

from __future__ import annotations

from typing import Final

from circulation.moving.kinds.items import ITEMS
from circulation.moving.kinds.loans import LOANS
from circulation.moving.kinds.patrons import PATRONS
from circulation.moving.rows import Kind

KINDS: Final[dict[str, Kind]] = {each.name: each for each in (PATRONS, ITEMS, LOANS)}
#: Kind -> its fields, as a plan may name them.
FIELDS: Final = {name: list(kind.cells) for name, kind in KINDS.items()}
