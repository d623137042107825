"""Which items stand on the shelves of a branch, as far as the system knows."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ColumnElement, exists, or_, select, type_coerce
from sqlalchemy.types import String

from catalogue.schema import items
from circulation.holds.schema import captures
from circulation.items.schema import missing_items, transits
from circulation.kernel.parts import Registry
from circulation.loans.schema import loans

#: Columns that name items which stand elsewhere, as deposits and bookings have them.
AWAY: Final[Registry[Column[Any]]] = Registry("stock.shelves:AWAY")


def is_on_shelf() -> tuple[ColumnElement[bool], ...]:
    """Conditions on `items`: nobody has it, and nothing says that it is anywhere else."""
    named = (
        transits.c.item_id,
        missing_items.c.item_id,
        captures.c.item_id,
        *AWAY,
    )
    away = (exists(select(1).where(column == items.c.id).correlate(items)) for column in named)
    is_lent = exists(
        select(1)
        .where(loans.c.item_id == items.c.id, loans.c.checked_in.is_(None))
        .correlate(items)
    )
    return (~is_lent, *(~each for each in away))


def is_any_or(column: Column[Any], wanted: Any) -> ColumnElement[bool]:
    """The column has that value, or any where it is empty."""
    return or_(type_coerce(wanted, String) == "", column == wanted)
