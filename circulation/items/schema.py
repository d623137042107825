"""What circulation knows of items, as tables in the same metadata as all others.

The items themselves are the catalogue's. Status is never stored: an item is in transit because a
transit says so.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, SmallInteger, String, Table

from catalogue.database import Moment, metadata
from catalogue.schema import agencies, branches, items
from circulation.kernel.personal import DELETED

#: What the codes of an item's place are called, by agency and level (see
#: `circulation.items.places`).
placement_names = Table(
    "placement_names",
    metadata,
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("level", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    sqlite_with_rowid=False,
)

#: Items on their way between branches; the row goes when the item arrives or is lent.
transits = Table(
    "transits",
    metadata,
    Column("item_id", ForeignKey(items.c.id), primary_key=True, info=DELETED),
    Column("from_branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("to_branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", String, nullable=False, server_default="home"),  # a value of `TransitReason`
)

#: Items that are not on loan and cannot be found.
missing_items = Table(
    "missing_items",
    metadata,
    Column("item_id", ForeignKey(items.c.id), primary_key=True, info=DELETED),
    Column("since", Moment, nullable=False),
)

#: What machines have written down of items, in words of their own (SIP2's item properties).
item_properties = Table(
    "item_properties",
    metadata,
    Column("item_id", ForeignKey(items.c.id), primary_key=True, info=DELETED),
    Column("properties", String, nullable=False),
    Column("changed", Moment, nullable=False),
)

#: How often items were lent before they came here, as another system has counted it (see
#: `circulation.items.use`). `year` 0 is none that is known; all loans up to `until` are counted.
former_use = Table(
    "former_use",
    metadata,
    Column("item_id", ForeignKey(items.c.id), primary_key=True, info=DELETED),
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("loans", Integer, nullable=False),
    Column("renewals", Integer, nullable=False),
    Column("last_lent", Moment),
    Column("until", Moment, nullable=False),
    sqlite_with_rowid=False,
)
