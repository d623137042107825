"""The stored set-up in parts, and what prevents a part from being removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

from sqlalchemy import Column, Table, func, select

import circulation.assembly  # noqa: F401  the sections are registered there
from catalogue.database import Statement, Transaction, scalar_one
from catalogue.schema import agencies, branches
from circulation.kernel.schema import all_tables
from circulation.sections.parts import AGENCY, BRANCH, Key, Noun, Parts
from circulation.sections.sections import SECTIONS, Stored

#: Table -> the section of the text that sets its rows.
SET_BY = {table: key for section in SECTIONS for table, key in section.tables.items()}


def stored_parts(transaction: Transaction) -> Parts:
    """The whole set-up that the transaction sees."""
    stored = Stored(transaction)
    for section in SECTIONS:
        section.load(stored)
    return stored.parts


#: Parts whose table has foreign keys to it; the others are named by codes in columns.
_PLACES = {AGENCY: agencies, BRANCH: branches}


@cache
def _counts(noun: Noun) -> list[tuple[str, Callable[..., int]]]:
    """For each table that names parts of the noun, what counts the rows that name one of them.

    Tables of the set-up itself are left out, and so is what is removed together with a branch.
    """
    place = _PLACES.get(noun)
    if place is None:
        named = [section.named_in[noun] for section in SECTIONS if noun in section.named_in]
    else:
        named = [
            column
            for table in all_tables()
            if table.name not in SET_BY and table.name != "closures"
            for column in table.columns
            if any(key.column.table is place for key in column.foreign_keys)
            or column.info.get("names") == f"{place.name}.id"
        ]
    return [(column.table.name, _count(column, place)) for column in named]


def _count(column: Column[str] | Column[int], place: Table | None) -> Callable[..., int]:
    @scalar_one(int)
    def count(*, key: str) -> Statement:
        counted = select(func.count()).select_from(column.table)
        if place is None:
            return counted.where(column == key)
        its_id = select(place.c.id).where(place.c.isil == key).scalar_subquery()
        return counted.where(column == its_id)

    return count


def uses(transaction: Transaction, noun: Noun, key: Key) -> Counter[str]:
    """Where a stored part is named: the number of rows by table."""
    found: Counter[str] = Counter()
    for table, count in _counts(noun):
        found[table] += count(transaction, key=key[0])
    return +found
