"""What SIP2 accounts did, and what machines have written down of items."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "terminal_counts",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("count", Long, nullable=False),
        sa.Column("last", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_properties",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("properties", sa.String, nullable=False),
        sa.Column("changed", Moment, nullable=False),
    )
