"""The copies of a title, as far as holds ask: those in the house, and those on order.

Where a copy stands for a while, whether it is kept for something and whether it belongs to another
library is known to features above: they put their columns in place of those here (`CopyColumns`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, exists, false, null, select

from catalogue.database import Statement, Transaction, columns, many, scalars
from catalogue.schema import items
from circulation.holds.schema import captures, fetches, holds
from circulation.items.schema import missing_items, transits
from circulation.kernel.parts import Registry
from circulation.loans.schema import loans


class Copy(NamedTuple):
    """An item of a title, as far as holds ask. `branch_id` is where it stands when it is not out:
    at home, or where it was brought for a while."""

    id: int
    barcode: str
    branch_id: int
    material_group: str
    part: str
    location: str
    sublocation: str
    call_number: str
    borrower_id: int | None
    due: datetime | None
    transit_to_id: int | None
    hold_id: int | None  # it is bound to that hold, or lies on the shelf for one that is over
    fetched_by: str | None
    fetched_since: datetime | None
    stay_loan_days: int | None = None  # 0: kept for a booking, or in a theme that is not lent
    is_foreign: bool = False  # it belongs to another library
    came_for: int | None = None  # and is here for this patron
    sought_by: str | None = None  # who did not find it on its shelf
    sought: datetime | None = None

    @property
    def is_on_shelf(self) -> bool:
        """Does it stand where it belongs, for anybody to take?"""
        is_kept = self.stay_loan_days == 0
        return not is_kept and (self.due, self.transit_to_id, self.hold_id) == (None, None, None)


class CopyColumns(NamedTuple):
    """Columns by fields of `Copy`, and the outer joins that they need, none of which multiplies
    rows."""

    columns: Mapping[str, ColumnElement[Any]]
    joins: tuple[tuple[FromClause, ColumnElement[bool]], ...]


COPY_COLUMNS: Registry[CopyColumns] = Registry("holds.copies:COPY_COLUMNS")
#: Copies of a record that are on order; on no shelf.
ON_ORDER: Registry[Callable[[Transaction, int], list[Copy]]] = Registry("holds.copies:ON_ORDER")

_OWN: dict[str, ColumnElement[Any]] = {
    "id": items.c.id,
    "barcode": items.c.barcode,
    "branch_id": items.c.branch_id,
    "material_group": items.c.material_group,
    "part": items.c.part,
    "location": items.c.location,
    "sublocation": items.c.sublocation,
    "call_number": items.c.call_number,
    "borrower_id": loans.c.patron_id,
    "due": loans.c.due,
    "transit_to_id": transits.c.to_branch_id,
    "hold_id": captures.c.hold_id,
    "fetched_by": fetches.c.actor,
    "fetched_since": fetches.c.since,
    "sought_by": fetches.c.sought_by,
    "sought": fetches.c.sought,
    "stay_loan_days": null(),
    "is_foreign": false(),
    "came_for": null(),
}


@many(Copy)
def copies_of_record(*, record_id: int) -> Statement:
    """The items of the record that a hold may wait for, by id: not those that are missing, lost,
    said to have been returned, or not for loan."""
    own, tables = (
        dict(_OWN),
        (
            items.outerjoin(loans, (loans.c.item_id == items.c.id) & loans.c.checked_in.is_(None))
            .outerjoin(transits, transits.c.item_id == items.c.id)
            .outerjoin(captures, captures.c.item_id == items.c.id)
            .outerjoin(fetches, fetches.c.item_id == items.c.id)
            .outerjoin(missing_items, missing_items.c.item_id == items.c.id)
        ),
    )
    for feature in COPY_COLUMNS:
        own |= feature.columns
        for table, condition in feature.joins:
            tables = tables.outerjoin(table, condition)
    return (
        select(*columns(Copy, **own))
        .select_from(tables)
        .where(
            items.c.record_id == record_id,
            missing_items.c.item_id.is_(None),
            items.c.not_for_loan == "",
            loans.c.mark.is_(None),
        )
        .order_by(items.c.id)
    )


@scalars(int)
def records_to_fetch(*, branch_id: int) -> Statement:
    """Records that somebody waits for and that have an item which stands at the branch."""
    stands_at: ColumnElement[int] = _OWN["branch_id"]
    tables: FromClause = items
    for feature in COPY_COLUMNS:
        if "branch_id" in feature.columns:
            stands_at = feature.columns["branch_id"]
            for table, condition in feature.joins:
                tables = tables.outerjoin(table, condition)
    its_items = (
        select(1)
        .select_from(tables)
        .where(items.c.record_id == holds.c.record_id, stands_at == branch_id)
        .correlate(holds)
    )
    return (
        select(holds.c.record_id)
        .distinct()
        .where(holds.c.closed.is_(None), exists(its_items))
        .order_by(holds.c.record_id)
    )


def copies_on_order(transaction: Transaction, record_id: int) -> list[Copy]:
    """Copies of the record that are not here yet."""
    return [copy for on_order in ON_ORDER for copy in on_order(transaction, record_id)]
