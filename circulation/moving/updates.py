"""Rows that have changed: only what the plan gives is written, and all else stays as it is here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, update

from catalogue.database import Statement, send_many, taking
from circulation.moving.rows import Batch


@cache
def _update(table: Table, names: tuple[str, ...], open_while: str | None) -> Callable[..., None]:
    @send_many
    @taking("id", *names)
    def write(**values: Any) -> Statement:
        number = values.pop("id")
        statement = update(table).where(table.c.id == number).values(values)
        return statement if open_while is None else statement.where(table.c[open_while].is_(None))

    return write


def update_planned(
    batch: Batch,
    table: Table,
    records: Sequence[Any],
    fields: Mapping[str, str],
    *,
    open_while: str | None = None,
) -> None:
    """Writes NamedTuples named as the columns over the rows with their ids.

    `fields` names for each column the fields, parted by blanks, of which the plan must give one;
    empty for what every plan gives. `open_while`: rows where that column is set stay as they are.
    """
    names = tuple(
        column
        for column, needed in fields.items()
        if not needed or not batch.fields.isdisjoint(needed.split())
    )
    write = _update(table, names, open_while)
    write(batch.transaction, [(each.id, *(getattr(each, n) for n in names)) for each in records])
