"""Interlibrary partners and what they exchanged."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    table = "exchanges"
    op.create_table(
        table,
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("at", Moment, nullable=False, index=True),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("partner", sa.String, nullable=False),
        sa.Column("peer", sa.String, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name="direction"),
    )
    has_request = "request_id <> ''"
    create_partial_index("ix_exchanges_request_id", table, ["request_id"], has_request)
    table = "exchange_bodies"
    op.create_table(
        table,
        sa.Column("exchange_id", Long, sa.ForeignKey("exchanges.id"), primary_key=True),
        sa.Column("until", Moment, nullable=False, index=True),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
