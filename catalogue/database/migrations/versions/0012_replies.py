"""Answers kept, so that a retransmission gets the same one."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("item_id", sa.Integer),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id")),
        sa.Column("by_patron", sa.Boolean, nullable=False),
        sa.Column("mark", Long, nullable=False),
        sqlite_with_rowid=False,
    )
