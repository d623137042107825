"""What partners call the holds that they have placed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "partner_requests",
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("hold_id", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
            name=op.f("fk_partner_requests_hold_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency", "request_id", name=op.f("pk_partner_requests")),
    )
    op.create_index(op.f("ix_partner_requests_hold_id"), "partner_requests", ["hold_id"])
