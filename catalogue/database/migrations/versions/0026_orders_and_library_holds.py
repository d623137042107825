"""Whatever moves money because somebody asks for it is done once for each order id; a library has
several holds on one title."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_money_orders_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name)


def upgrade() -> None:
    op.drop_index("uq_holds_open_patron", "holds")
    op.create_index(
        "ix_holds_open_patron",
        "holds",
        ["patron_id", "record_id", "part"],
        sqlite_where=sa.text("closed IS NULL"),
        postgresql_where=sa.text("closed IS NULL"),
    )
    _orders()


def _orders() -> None:
    op.create_table(
        "money_orders",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("charges", sa.String(), nullable=True),
        sa.Column("payment_id", LONG, nullable=True),
        sa.Column("shares", sa.Text(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        _reference("agency_id", "agencies"),
        _reference("patron_id", "patrons"),
        _reference("payment_id", "payments"),
        sa.PrimaryKeyConstraint("agency_id", "order_id", name=op.f("pk_money_orders")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_money_orders_patron_id"), "money_orders", ["patron_id"])
    # The order ids of payments stay taken. Which charges they named was not kept.
    op.execute(
        "INSERT INTO money_orders"
        " (agency_id, order_id, patron_id, act, amount, currency, payment_id, at)"
        " SELECT agency_id, order_id, patron_id, 'payment', amount, currency, id, at"
        " FROM payments"
    )
