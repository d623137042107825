"""What this folder joins to the others: its tables, and what becomes of them when a patron goes."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins
from circulation.moving.privacy import PERSONAL
from circulation.patrons.personal_data import PERSONAL_DATA

JOINS: tuple[Join, ...] = (joins(PERSONAL_DATA, PERSONAL),)
