"""Whatever moves money because somebody asks for it is done once for each order id; a library has
several holds on one title."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.drop_index("uq_holds_open_patron", "holds")
    create_partial_index(
        "ix_holds_open_patron", "holds", ["patron_id", "record_id", "part"], "closed IS NULL"
    )
    _orders()


def _orders() -> None:
    op.create_table(
        "money_orders",
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("order_id", sa.String, primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("amount", sa.Integer),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("charges", sa.String),
        sa.Column("payment_id", Long, sa.ForeignKey("payments.id")),
        sa.Column("shares", sa.Text),
        sa.Column("at", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
    # The order ids of payments stay taken. Which charges they named was not kept.
    op.execute(
        "INSERT INTO money_orders"
        " (agency_id, order_id, patron_id, act, amount, currency, payment_id, at)"
        " SELECT agency_id, order_id, patron_id, 'payment', amount, currency, id, at"
        " FROM payments"
    )
