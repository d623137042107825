"""The set-up as it is stored, in parts; and what stands in the way of parting with some of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Select, Table, bindparam, func, select

from catalogue.database import Transaction, scalar
from catalogue.schema import agencies, branches, items
from circulation.accession.schema import delivery_lines
from circulation.kernel.schema import all_tables
from circulation.patrons.schema import patrons
from circulation.sections.parts import AGENCY, BRANCH, CATEGORY, GROUP, Key, Noun, Parts
from circulation.sections.sections import SECTIONS, Stored
from circulation.setting_up.tables import SET_BY


def stored_parts(transaction: Transaction) -> Parts:
    """The whole set-up that the transaction sees."""
    stored = Stored(transaction)
    for section in SECTIONS:
        section.load(stored)
    return stored.parts


def _count(
    table: Table, column: Column[Any], named: Select[Any] | None = None
) -> Callable[..., int]:
    of = bindparam("named") if named is None else named.scalar_subquery()
    return scalar(select(func.count()).select_from(table).where(column == of), "named")


def _counts(place: Table) -> list[tuple[str, Callable[..., int]]]:
    """For each table that names agencies or branches: how often it names the one with an ISIL.

    Tables of the set-up itself are left out, and what is parted with together with a branch.
    """
    of = select(place.c.id).where(place.c.isil == bindparam("named"))
    return [
        (table.name, _count(table, column, of))
        for table in all_tables()
        if table.name not in SET_BY and table.name != "closures"
        for column in table.columns
        if any(key.column.table is place for key in column.foreign_keys)
    ]


_NAMING = {
    AGENCY: _counts(agencies),
    BRANCH: _counts(branches),
    CATEGORY: [("patrons", _count(patrons, patrons.c.category))],
    GROUP: [
        ("items", _count(items, items.c.material_group)),
        ("delivery_lines", _count(delivery_lines, delivery_lines.c.material_group)),
    ],
}


def uses(transaction: Transaction, noun: Noun, key: Key) -> dict[str, int]:
    """Where a stored part is named: table -> how many of its rows; empty where nowhere."""
    found: dict[str, int] = {}
    for table, count in _NAMING.get(noun, []):
        number = count(transaction, key[0])
        if number:
            found[table] = found.get(table, 0) + number
    return found
