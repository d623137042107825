"""The tables of accession and receiving, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import agencies, branches, items, records
from circulation.accession.given import GIVEN
from circulation.kernel.personal import CUT
from circulation.kernel.rules import rule_table

#: What new items are given, by place, material group and material type of the record. A scope
#: column that is NULL holds for any; a field that is NULL is left to a row of wider scope
#: (see `circulation.accession.item_defaults`).
item_defaults = rule_table(
    "item_defaults",
    GIVEN.columns(),
    "material_group",
    "material_type",
    check=CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price"),
)

#: Where barcodes of new items come from. All but `next_number` is set-up.
barcode_ranges = Table(
    "barcode_ranges",
    metadata,
    Column("code", String, primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id)),
    Column("branch_id", ForeignKey(branches.c.id)),
    Column("prefix", String, nullable=False),
    Column("first_number", Long, nullable=False),
    Column("last_number", Long, nullable=False),
    Column("digits", SmallInteger, nullable=False),
    Column("check_digit", Boolean, nullable=False),
    Column("next_number", Long, nullable=False),
    CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
)

#: What suppliers have announced. One is closed when all of it has come, or nothing more is to.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("supplier", String, nullable=False),
    Column("order_number", String, nullable=False),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("expected", Date),
    Column("announced", Moment, nullable=False),
    Column("closed", Moment),
    UniqueConstraint("supplier", "order_number"),
)
_DELIVERY_IS_OPEN = text("closed IS NULL")
#: The work list of overdue deliveries.
Index(
    "ix_deliveries_open_expected",
    deliveries.c.expected,
    deliveries.c.id,
    sqlite_where=_DELIVERY_IS_OPEN,
)

#: So many copies of a title in a delivery; a line with a barcode is one item.
delivery_lines = Table(
    "delivery_lines",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("delivery_id", ForeignKey(deliveries.c.id), nullable=False, index=True),
    Column("record_id", ForeignKey(records.c.id), nullable=False, index=True),
    # As `catalogue.searching.standard_numbers` has it.
    Column("number", String, nullable=False, index=True),
    Column("barcode", String, unique=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("copies", Integer, nullable=False),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("material_group", String, nullable=False),
    Column("price", Long),
    Column("currency", String(3)),
    Column("department", String, nullable=False),
    Column("location", String, nullable=False),
    Column("sublocation", String, nullable=False),
    Column("section", String, nullable=False),
    Column("call_number", String, nullable=False),
    CheckConstraint("received BETWEEN 0 AND copies", name="received"),
    CheckConstraint("barcode IS NULL OR copies = 1", name="one_item"),
    CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price"),
)

#: What was scanned in receiving and nobody had announced, for staff to settle.
unexpected_items = Table(
    "unexpected_items",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("scanned", String, nullable=False),
    Column("noted", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("item_id", ForeignKey(items.c.id), info=CUT),  # where it was taken in all the same
    Column("settled", Moment),
)
_UNEXPECTED_IS_OPEN = text("settled IS NULL")
Index(
    "ix_unexpected_items_open",
    unexpected_items.c.noted,
    unexpected_items.c.id,
    sqlite_where=_UNEXPECTED_IS_OPEN,
)
