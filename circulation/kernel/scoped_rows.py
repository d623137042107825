"""Rules as rows: one row for each scope, read all together, and stored in place of what was there.

A table of rules has an id, the columns of its scope (NULL holds for any) and the fields that a row
may set. What the fields mean, and which row decides, is for the package of the rules to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Table, bindparam, delete, insert, select

from catalogue.database import Transaction, many, scalar, send

#: The id, the scope and the fields, named as their columns are.
Row = TypeVar("Row", bound=NamedTuple)


class ScopedRows(Generic[Row]):
    """The rows of one table; `scope` are the names of the columns that say what a row is for."""

    def __init__(self, table: Table, row: type[Row], scope: Sequence[str]) -> None:
        self._scope = tuple(scope)
        new = row._fields[1:]
        #: All rows, the oldest first.
        self.read: Callable[[Transaction], list[Row]] = many(
            select(*(table.c[name] for name in row._fields)).order_by(table.c.id), row
        )
        self._insert = scalar(
            insert(table)
            .values(
                {table.c[name]: bindparam(f"new_{name}", type_=table.c[name].type) for name in new}
            )
            .returning(table.c.id),
            *(f"new_{name}" for name in new),
        )
        self._delete = send(delete(table).where(table.c.id == bindparam("of_row")), "of_row")

    def of(self, transaction: Transaction, scope: tuple[Any, ...]) -> list[Row]:
        """The row of that scope, where there is one."""
        return [
            row
            for row in self.read(transaction)
            if tuple(getattr(row, name) for name in self._scope) == scope
        ]

    def store(
        self, transaction: Transaction, scope: tuple[Any, ...], values: Sequence[Any] = ()
    ) -> int:
        """Stores the row of one scope, in place of what that scope had; gives its id.

        `values` are those of the fields as their columns hold them, in the order of the row.
        """
        self.forget(transaction, scope)
        new_id: int = self._insert(transaction, *scope, *values)
        return new_id

    def forget(self, transaction: Transaction, scope: tuple[Any, ...]) -> None:
        """Removes the row of one scope, where there is one."""
        for row in self.of(transaction, scope):
            self._delete(transaction, row[0])


def check_rule(
    problems: Mapping[str, str], agency_id: int | None, branch_id: int | None, noun: str = "rule"
) -> None:
    """Raises ValueError with all that is wrong with a row, its place included."""
    found = list(problems.values())
    if agency_id is not None and branch_id is not None:
        found.append(f"a {noun} is for an agency or for a branch, not for both")
    if found:
        raise ValueError("; ".join(found))
