"""What features hold on persons: how it is exported, cut from them, erased.

Which tables know a patron is read from the schema itself, so that a new one cannot be forgotten:
each column that refers to a patron declares what erasing does to its row
(`circulation.kernel.personal`), and a test finds one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, Table

from catalogue.database import Transaction
from circulation.kernel.parts import Registry
from circulation.kernel.schema import all_tables
from circulation.patrons.schema import patrons

#: Rows as dicts under the names of their tables.
Export = dict[str, list[dict[str, Any]]]


class Counting(Protocol):
    """Counts something of a patron."""

    def __call__(self, transaction: Transaction, /, *, patron_id: int) -> int: ...


class Hindrance(NamedTuple):
    """What of the patron is still open: how many of it, and why that is in the way."""

    how_many: Counting
    why: str


class PersonalData(NamedTuple):
    """What a feature does with what it holds on a person.

    `hindrances` stand in the way of an erasure. `forget` blanks what names the person in other ways
    than by a column that declares what becomes of it (`circulation.kernel.personal`). `complete`
    adds to an export, or makes rows of it readable. `cut_history` cuts what is over from the person
    who withdraws the consent to keep it.
    """

    hindrances: tuple[Hindrance, ...] = ()
    forget: Callable[[Transaction, int, datetime], object] | None = None
    complete: Callable[[Transaction, Export], None] | None = None
    cut_history: Callable[[Transaction, int], object] | None = None


#: Of the features, in their order.
PERSONAL_DATA: Registry[PersonalData] = Registry("patrons.personal_data:PERSONAL_DATA")


def references() -> list[tuple[Table, Column[Any]]]:
    """Every column of the schema that refers to a patron: by a foreign key, or without one where it
    declares what becomes of its row."""
    return [
        (table, column)
        for table in all_tables()
        for column in table.columns
        if any(key.column is patrons.c.id for key in column.foreign_keys)
        or (column.info.get("names") == "patrons.id" and "fate" in column.info)
    ]
