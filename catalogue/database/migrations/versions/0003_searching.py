"""Searching: what sorting and visibility need."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "sort_keys",
        sa.Column(
            "record_id",
            sa.Integer,
            sa.ForeignKey("records.id", ondelete="CASCADE"),
            autoincrement=False,
            primary_key=True,
        ),
        sa.Column("title", sa.LargeBinary, nullable=False),
        sa.Column("author", sa.LargeBinary, nullable=False),
        sa.Column("year", sa.SmallInteger, nullable=False),
    )
    for name in ("title", "author", "year"):
        op.create_index(f"ix_sort_keys_{name}", "sort_keys", [name, "record_id"])
    op.create_table(
        "held_records",
        sa.Column("holder", sa.String, primary_key=True),
        sa.Column("chunk", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("bitmap", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("agencies") as batch:
        batch.add_column(
            sa.Column("shares_stock", sa.Boolean, server_default=sa.false(), nullable=False)
        )
