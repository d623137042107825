"""The tables of inventories, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Identity, Integer, String, Table

from catalogue.database import Moment, metadata
from catalogue.schema import branches, items
from circulation.kernel.personal import DELETED

#: Inventories and the shelves that they are of. An empty level, or group, is any.
inventories = Table(
    "inventories",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", String, nullable=False),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False, index=True),
    Column("department", String, nullable=False),
    Column("location", String, nullable=False),
    Column("sublocation", String, nullable=False),
    Column("section", String, nullable=False),
    Column("material_group", String, nullable=False),
    Column("begun", Moment, nullable=False),
    Column("closed", Moment),
)

#: What was scanned at the shelves: the last scan of each item.
inventory_scans = Table(
    "inventory_scans",
    metadata,
    Column("inventory_id", ForeignKey(inventories.c.id), primary_key=True),
    Column("item_id", ForeignKey(items.c.id), primary_key=True, info=DELETED),
    Column("finding", String, nullable=False),  # a value of `Finding`
    Column("scanned", Moment, nullable=False),
    sqlite_with_rowid=False,
)
