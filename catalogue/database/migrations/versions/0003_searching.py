"""Searching: what sorting and visibility need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sort_keys",
        sa.Column("record_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.LargeBinary(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["records.id"],
            name=op.f("fk_sort_keys_record_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_sort_keys")),
    )
    for name in ("title", "author", "year"):
        op.create_index(f"ix_sort_keys_{name}", "sort_keys", [name, "record_id"], unique=False)
    op.create_table(
        "held_records",
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bitmap", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "chunk", name=op.f("pk_held_records")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("agencies") as batch:
        batch.add_column(
            sa.Column("shares_stock", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
