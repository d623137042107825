"""Who is told of holdings, what they were told last, and what they would not take."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "holdings_sinks",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("agencies", sa.String, nullable=False),
        sa.Column("position", Long, nullable=False),
        sa.Column("full_position", Long),
        sa.Column("full_upto", Long),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", Moment),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("told", Long, nullable=False),
        sa.Column("last_told", Moment),
    )
    op.create_table(
        "holdings_sent",
        sa.Column("sink", sa.String, primary_key=True),
        sa.Column("record_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("agency_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("known_as", sa.String, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("barcodes", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_holdings_sent_known_as", "holdings_sent", ["sink", "known_as", "agency_id"])
    op.create_table(
        "holdings_refused",
        sa.Column("sink", sa.String, primary_key=True),
        sa.Column("record_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("next_try", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
