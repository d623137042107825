"""Defaults of accession and ranges of barcodes; announced deliveries."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0008"
down_revision = "0007"


def _texts(*names: str, nullable: bool) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=nullable) for name in names]


def upgrade() -> None:
    _set_up()
    _receiving()


def _set_up() -> None:
    table = "item_defaults"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        *_texts("material_group", "material_type", "gives_group", nullable=True),
        sa.Column("price", sa.Integer),
        sa.Column("currency", sa.String(3)),
        *_texts("department", "location", "sublocation", "section", nullable=True),
        *_texts("float_group", "call_number", nullable=True),
        sa.CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
        sa.CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price"),
    )
    table = "barcode_ranges"
    op.create_table(
        table,
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.Column("prefix", sa.String, nullable=False),
        sa.Column("first_number", Long, nullable=False),
        sa.Column("last_number", Long, nullable=False),
        sa.Column("digits", sa.SmallInteger, nullable=False),
        sa.Column("check_digit", sa.Boolean, nullable=False),
        sa.Column("next_number", Long, nullable=False),
        sa.CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
    )


def _receiving() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        *_texts("supplier", "order_number", nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("expected", sa.Date),
        sa.Column("announced", Moment, nullable=False),
        sa.Column("closed", Moment),
        sa.UniqueConstraint("supplier", "order_number"),
    )
    create_partial_index(
        "ix_deliveries_open_expected", "deliveries", ["expected", "id"], "closed IS NULL"
    )
    table = "delivery_lines"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "delivery_id", sa.Integer, sa.ForeignKey("deliveries.id"), nullable=False, index=True
        ),
        sa.Column("record_id", sa.Integer, sa.ForeignKey("records.id"), nullable=False, index=True),
        sa.Column("number", sa.String, nullable=False, index=True),
        sa.Column("barcode", sa.String, unique=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("copies", sa.Integer, nullable=False),
        sa.Column("received", sa.Integer, server_default="0", nullable=False),
        sa.Column("material_group", sa.String, nullable=False),
        sa.Column("price", sa.Integer),
        sa.Column("currency", sa.String(3)),
        *_texts("department", "location", "sublocation", "section", nullable=False),
        sa.Column("call_number", sa.String, nullable=False),
        sa.CheckConstraint("received BETWEEN 0 AND copies", name="received"),
        sa.CheckConstraint("barcode IS NULL OR copies = 1", name="one_item"),
        sa.CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price"),
    )
    op.create_table(
        "unexpected_items",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("scanned", sa.String, nullable=False),
        sa.Column("noted", Moment, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id")),
        sa.Column("settled", Moment),
    )
    create_partial_index(
        "ix_unexpected_items_open", "unexpected_items", ["noted", "id"], "settled IS NULL"
    )
