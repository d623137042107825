"""What SIP2 accounts did, and what machines have written down of items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "terminal_counts",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", LONG, nullable=False),
        sa.Column("last", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name=op.f("pk_terminal_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_properties",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("properties", sa.String(), nullable=False),
        sa.Column("changed", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_properties_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_properties")),
    )
