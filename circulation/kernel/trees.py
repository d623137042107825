"""Patron categories and material groups: rows with a code, a name and a parent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Table, delete, insert, select, update

from catalogue.database import Statement, Transaction, change, many, send
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

        @many(Node)
        def all_nodes() -> Statement:
            return select(code, name, parent).order_by(code)

        @change
        def rename(*, node: str, new_name: str) -> Statement:
            return update(table).where(code == node).values(name=new_name)

        @send
        def insert_node(*, node: str, new_name: str) -> Statement:
            return insert(table).values(code=node, name=new_name, parent=None)

        @send
        def move(*, node: str, new_parent: str | None) -> Statement:
            return update(table).where(code == node).values(parent=new_parent)

        @send
        def remove(*, node: str) -> Statement:
            return delete(table).where(code == node)

        self.all = all_nodes
        self._rename, self._insert, self._move, self._delete = rename, insert_node, move, remove

    def store(self, transaction: Transaction, nodes: Mapping[str, tuple[str, str | None]]) -> None:
        """Adds or changes nodes: code -> name and parent, which may be among them."""
        for code, (name, _) in nodes.items():
            if not self._rename(transaction, node=code, new_name=name):
                self._insert(transaction, node=code, new_name=name)
        for code, (_, parent) in nodes.items():
            self._move(transaction, node=code, new_parent=parent)

    def forget(self, transaction: Transaction, codes: list[str]) -> None:
        """Removes nodes, whatever is above or below among them; none may stay below."""
        for code in codes:
            self._move(transaction, node=code, new_parent=None)
        for code in codes:
            self._delete(transaction, node=code)


CATEGORIES = Nodes(patron_categories)
GROUPS = Nodes(material_groups)
