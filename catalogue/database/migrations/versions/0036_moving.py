"""Moving in from another system: which row of ours stands for which of theirs."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "moved_rows",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("row_id", Long, nullable=False),
        sa.Column("checksum", Long, nullable=False),
        sa.Column("gone", Moment),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_moved_rows_row_id", "moved_rows", ["row_id", "kind"])
    op.create_table(
        "moved_deliveries",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
