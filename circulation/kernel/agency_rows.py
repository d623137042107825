"""Settings that each agency may have for itself: one row for each agency that says any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Table, delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send, taking
from circulation.kernel.models import Model, row_of

T = TypeVar("T")


def _statements(
    table: Table, names: Sequence[str]
) -> tuple[Callable[..., list[Any]], Callable[..., None], Callable[..., None]]:
    """What reads all rows, what inserts the row of an agency, and what deletes it."""
    row = row_of("agency_id", *names)

    @many(row)
    def all_rows() -> Statement:
        return select(*columns(row, table))

    @send
    @taking(*row._fields)
    def insert_row(**values: Any) -> Statement:
        return insert(table).values(values)

    @send
    def delete_row(*, agency_id: int) -> Statement:
        return delete(table).where(table.c.agency_id == agency_id)

    return all_rows, insert_row, delete_row


class AgencyRows(Generic[T]):
    """The settings of `model` by the id of the agency."""

    def __init__(self, model: Model[T], table: Table) -> None:
        self.model = model
        self.table = table
        self._all, self._insert, self._forget = _statements(table, model.names)

    def said(self, transaction: Transaction) -> dict[int, dict[str, Any]]:
        """What each agency has said."""
        return {
            row.agency_id: {
                name: setting.loaded(value)
                for name, setting in self.model.settings.items()
                if (value := getattr(row, name)) not in (None, "")
            }
            for row in self._all(transaction)
        }

    def read(self, transaction: Transaction) -> dict[int, T]:
        """The settings of each agency that has said any."""
        said = self.said(transaction)
        return {agency_id: self.model.kind(**each) for agency_id, each in said.items()}

    def store(self, transaction: Transaction, agency_id: int, said: dict[str, Any]) -> None:
        """The agency's settings, in place of those it had; what is not said is as built in.

        Call `circulation.kernel.set_up.set_up_changed` afterwards. Raises ValueError with all that
        is wrong.
        """
        if problems := self.model.problems(said):
            raise ValueError("; ".join(problems.values()))
        self._forget(transaction, agency_id=agency_id)
        if said:
            unsaid = {each.name: None if each.nullable else "" for each in self.table.c}
            settings = self.model.settings
            stored = {name: settings[name].stored(value) for name, value in said.items()}
            self._insert(transaction, **unsaid | {"agency_id": agency_id} | stored)
