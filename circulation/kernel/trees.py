"""Patron categories and material groups: rows with a code, a name and a parent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Table, delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, send
from circulation.kernel.schema import material_groups, patron_categories


class Node(NamedTuple):
    """One category or group; `parent` is the code of the one above."""

    code: str
    name: str
    parent: str | None


class Nodes:
    """The rows of one tree. What changes them needs `set_up_changed` afterwards."""

    def __init__(self, table: Table) -> None:
        code = table.c.code

        @many(Node)
        def all_nodes() -> Statement:
            return select(*columns(Node, table)).order_by(code)

        @change
        def rename(*, key: str, name: str) -> Statement:
            return update(table).where(code == key).values(name=name)

        @send
        def add(*, key: str, name: str) -> Statement:
            return insert(table).values(code=key, name=name, parent=None)

        @send
        def move(*, key: str, parent: str | None) -> Statement:
            return update(table).where(code == key).values(parent=parent)

        @send
        def remove(*, key: str) -> Statement:
            return delete(table).where(code == key)

        self.all = all_nodes
        self._rename, self._add, self._move, self._remove = rename, add, move, remove

    def store(self, transaction: Transaction, nodes: Mapping[str, tuple[str, str | None]]) -> None:
        """Adds or changes nodes: code -> name and parent, which may be among them."""
        for code, (name, _) in nodes.items():
            if not self._rename(transaction, key=code, name=name):
                self._add(transaction, key=code, name=name)
        for code, (_, parent) in nodes.items():
            self._move(transaction, key=code, parent=parent)

    def forget(self, transaction: Transaction, codes: list[str]) -> None:
        """Removes nodes, whatever is above or below among them; none may stay below."""
        for code in codes:
            self._move(transaction, key=code, parent=None)
        for code in codes:
            self._remove(transaction, key=code)


CATEGORIES = Nodes(patron_categories)
GROUPS = Nodes(material_groups)
