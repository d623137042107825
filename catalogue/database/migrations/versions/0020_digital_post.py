"""Digital Post: sealed national numbers, receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sealed_numbers",
        sa.Column("patron_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patron_id"], ["patrons.id"], name=op.f("fk_sealed_numbers_patron_id")
        ),
        sa.PrimaryKeyConstraint("patron_id", name=op.f("pk_sealed_numbers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "post_receipts",
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("message_uuid", sa.String(), nullable=False),
        sa.Column("message_id", LONG, nullable=True),
        sa.Column("transmission_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=False),
        sa.Column("error_text", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("received", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_receipts")),
        sa.UniqueConstraint("name", name=op.f("uq_post_receipts_name")),
    )
    for column in ("message_uuid", "message_id"):
        op.create_index(op.f(f"ix_post_receipts_{column}"), "post_receipts", [column])
