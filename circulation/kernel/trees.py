"""Patron categories and material groups: rows with a code, a name and a parent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy import Table, bindparam, delete, insert, select, update

from catalogue.database import Transaction, change, many, send
from circulation.kernel.schema import material_groups, patron_categories


class Node(NamedTuple):
    """One category or group; `parent` is the code of the one above."""

    code: str
    name: str
    parent: str | None


class Nodes:
    """The rows of one tree. What changes them needs `set_up_changed` afterwards."""

    def __init__(self, table: Table) -> None:
        code, name, parent = (table.c[each] for each in Node._fields)
        self.all: Callable[[Transaction], list[Node]] = many(
            select(code, name, parent).order_by(code), Node
        )
        self._rename = change(
            update(table).where(code == bindparam("of")).values(name=bindparam("new_name")),
            "of",
            "new_name",
        )
        self._insert = send(
            insert(table).values(
                code=bindparam("new_code"), name=bindparam("new_name"), parent=None
            ),
            "new_code",
            "new_name",
        )
        self._move = send(
            update(table)
            .where(code == bindparam("of"))
            .values(parent=bindparam("new_parent", type_=parent.type)),
            "of",
            "new_parent",
        )
        self._delete = send(delete(table).where(code == bindparam("of")), "of")

    def store(self, transaction: Transaction, nodes: Mapping[str, tuple[str, str | None]]) -> None:
        """Adds or changes nodes: code -> name and parent, which may be among them."""
        for code, (name, _) in nodes.items():
            if not self._rename(transaction, code, name):
                self._insert(transaction, code, name)
        for code, (_, parent) in nodes.items():
            self._move(transaction, code, parent)

    def forget(self, transaction: Transaction, codes: list[str]) -> None:
        """Removes nodes, whatever is above or below among them; none may stay below."""
        for code in codes:
            self._move(transaction, code, None)
        for code in codes:
            self._delete(transaction, code)


CATEGORIES = Nodes(patron_categories)
GROUPS = Nodes(material_groups)
