"""Defaults of accession and ranges of barcodes; announced deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False)


def _texts(*names: str, nullable: bool) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _set_up()
    _receiving()


def _set_up() -> None:
    table = "item_defaults"
    op.create_table(
        table,
        _id(),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        *_texts("material_group", "material_type", "gives_group", nullable=True),
        sa.Column("price", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        *_texts("department", "location", "sublocation", "section", nullable=True),
        *_texts("float_group", "call_number", nullable=True),
        _check(table, "one_place", "agency_id IS NULL OR branch_id IS NULL"),
        _check(table, "price", "(price IS NULL) = (currency IS NULL)"),
        _reference(table, "agency_id", "agencies"),
        _reference(table, "branch_id", "branches"),
        _key(table, "id"),
    )
    table = "barcode_ranges"
    op.create_table(
        table,
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("first_number", LONG, nullable=False),
        sa.Column("last_number", LONG, nullable=False),
        sa.Column("digits", sa.SmallInteger(), nullable=False),
        sa.Column("check_digit", sa.Boolean(), nullable=False),
        sa.Column("next_number", LONG, nullable=False),
        _check(table, "one_place", "agency_id IS NULL OR branch_id IS NULL"),
        _reference(table, "agency_id", "agencies"),
        _reference(table, "branch_id", "branches"),
        _key(table, "code"),
    )


def _receiving() -> None:
    op.create_table(
        "deliveries",
        _id(),
        *_texts("supplier", "order_number", nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Date(), nullable=True),
        sa.Column("announced", Moment(), nullable=False),
        sa.Column("closed", Moment(), nullable=True),
        _reference("deliveries", "branch_id", "branches"),
        _key("deliveries", "id"),
        sa.UniqueConstraint(
            "supplier", "order_number", name=op.f("uq_deliveries_supplier_order_number")
        ),
    )
    _partial_index(
        "ix_deliveries_open_expected", "deliveries", ["expected", "id"], "closed IS NULL"
    )
    table = "delivery_lines"
    op.create_table(
        table,
        _id(),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("barcode", sa.String(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("material_group", sa.String(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        *_texts("department", "location", "sublocation", "section", nullable=False),
        *_texts("call_number", nullable=False),
        _check(table, "received", "received BETWEEN 0 AND copies"),
        _check(table, "one_item", "barcode IS NULL OR copies = 1"),
        _check(table, "price", "(price IS NULL) = (currency IS NULL)"),
        _reference(table, "delivery_id", "deliveries"),
        _reference(table, "record_id", "records"),
        _reference(table, "branch_id", "branches"),
        _key(table, "id"),
        sa.UniqueConstraint("barcode", name=op.f("uq_delivery_lines_barcode")),
    )
    for column in ("delivery_id", "record_id", "number"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_table(
        "unexpected_items",
        _id(),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("scanned", sa.String(), nullable=False),
        sa.Column("noted", Moment(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("settled", Moment(), nullable=True),
        _reference("unexpected_items", "branch_id", "branches"),
        _reference("unexpected_items", "item_id", "items"),
        _key("unexpected_items", "id"),
    )
    _partial_index(
        "ix_unexpected_items_open", "unexpected_items", ["noted", "id"], "settled IS NULL"
    )
