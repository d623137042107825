"""Items that are hardly used: a list of what could make room for something else."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, func, select

from catalogue.database import Statement, Transaction, columns, many
from catalogue.schema import items, records
from circulation.holds.schema import holds
from circulation.items.use import LAST_LENT, LOANS_IN_ALL, lent_since
from circulation.kernel.paging import PAGE
from circulation.stock.inventory import ANY_SHELF, Shelf
from circulation.stock.shelves import is_any_or, is_on_shelf


class Unused(NamedTuple):
    """An item that was lent `loans` times in all, and last when."""

    item_id: int
    barcode: str
    title: str
    author: str
    location: str
    call_number: str
    material_group: str
    created: datetime
    loans: int
    last_lent: datetime | None
    copies: int


_same = items.alias("same")


@many(Unused)
def _unused(
    *,
    branch_id: int,
    not_since: datetime,
    not_since_year: int,
    department: str,
    location: str,
    sublocation: str,
    section: str,
    material_group: str,
    after_id: int,
    at_most: int,
) -> Statement:
    is_wanted = exists(
        select(1)
        .where(holds.c.record_id == items.c.record_id, holds.c.closed.is_(None))
        .correlate(items)
    )
    figures: dict[str, ColumnElement[Any]] = {
        "loans": LOANS_IN_ALL,
        "last_lent": LAST_LENT,
        "copies": select(func.count())
        .where(_same.c.record_id == items.c.record_id)
        .correlate(items)
        .scalar_subquery(),
    }
    told = {"item_id": items.c.id, "title": records.c.title, "author": records.c.author}
    return (
        select(*columns(Unused, items, **told, **figures))
        .select_from(items.join(records, records.c.id == items.c.record_id))
        .where(
            items.c.branch_id == branch_id,
            is_any_or(items.c.department, department),
            is_any_or(items.c.location, location),
            is_any_or(items.c.sublocation, sublocation),
            is_any_or(items.c.section, section),
            is_any_or(items.c.material_group, material_group),
            items.c.created < not_since,
            items.c.id > after_id,
            ~lent_since(not_since, not_since_year),
            ~is_wanted,
            *is_on_shelf(),
        )
        .order_by(items.c.id)
        .limit(at_most)
    )


def unused_items(
    transaction: Transaction,
    *,
    branch_id: int,
    not_since: datetime,
    shelf: Shelf = ANY_SHELF,
    after: int = 0,
    limit: int = PAGE,
) -> list[Unused]:
    """What stands on the shelves of the branch, is older than `not_since` and was not lent after
    it, by item id, after that id. Titles that somebody waits for are left out.

    `copies` counts the items of the title, of all branches: the last one deserves another look.
    """
    return _unused(
        transaction,
        branch_id=branch_id,
        not_since=not_since,
        not_since_year=not_since.year,
        after_id=after,
        at_most=limit,
        **shelf._asdict(),
    )
