"""Settings that each agency may have for itself: one row for each agency that says any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import Table, bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.kernel.models import Model

T = TypeVar("T")


class AgencyRows(Generic[T]):
    """The settings of `model` by the id of the agency."""

    def __init__(self, model: Model[T], table: Table) -> None:
        self.model = model
        self.table = table
        columns = [table.c[name] for name in ("agency_id", *model.names)]
        self._usual = [None if each.nullable else "" for each in columns[1:]]
        self._all: Callable[..., list[Any]] = many(select(*columns), None)
        self._forget = send(delete(table).where(table.c.agency_id == bindparam("of")), "of")
        self._insert = send(
            insert(table).values(
                {each: bindparam(f"new_{each.name}", type_=each.type) for each in columns}
            ),
            *(f"new_{each.name}" for each in columns),
        )

    def said(self, transaction: Transaction) -> dict[int, dict[str, Any]]:
        """What each agency has said."""
        return {
            agency_id: {
                name: setting.loaded(value)
                for (name, setting), value in zip(self.model.settings.items(), values, strict=True)
                if value not in (None, "")
            }
            for agency_id, *values in self._all(transaction)
        }

    def read(self, transaction: Transaction) -> dict[int, T]:
        """The settings of each agency that has said any."""
        said = self.said(transaction)
        return {agency_id: self.model.kind(**each) for agency_id, each in said.items()}

    def store(self, transaction: Transaction, agency_id: int, said: Mapping[str, Any]) -> None:
        """The agency's settings, in place of those it had; what is not said is as built in.

        Call `circulation.kernel.set_up.set_up_changed` afterwards. Raises ValueError with all that
        is wrong.
        """
        if problems := self.model.problems(said):
            raise ValueError("; ".join(problems.values()))
        self._forget(transaction, agency_id)
        if said:
            usual = zip(self.model.names, self._usual, strict=True)
            self._insert(transaction, agency_id, *(said.get(*each) for each in usual))
