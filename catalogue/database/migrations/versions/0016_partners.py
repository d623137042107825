"""Interlibrary partners and what they exchanged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    table = "exchanges"
    op.create_table(
        table,
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_exchanges_direction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
    )
    op.create_index(op.f("ix_exchanges_at"), table, ["at"])
    has_request = sa.text("request_id <> ''")
    op.create_index(
        "ix_exchanges_request_id",
        table,
        ["request_id"],
        sqlite_where=has_request,
        postgresql_where=has_request,
    )
    table = "exchange_bodies"
    op.create_table(
        table,
        sa.Column("exchange_id", LONG, autoincrement=False, nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchanges.id"], name=op.f("fk_exchange_bodies_exchange_id")
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchange_bodies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_exchange_bodies_until"), table, ["until"])
