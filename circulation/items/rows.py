"""Items of rows: for lists, which read them without the facts that a verb decides on."""

from __future__ import annotations

from typing import Any

from circulation.kernel.results import Branch, Item


def item_of(row: Any, home_branch: Branch) -> Item:
    """The item of a row that has its columns, and those of its title."""
    return Item(
        row.id,
        row.barcode,
        row.record_id,
        row.title,
        row.author,
        row.material_group,
        row.department,
        row.location,
        row.sublocation,
        row.call_number,
        row.price,
        row.currency,
        home_branch,
        row.section,
    )
