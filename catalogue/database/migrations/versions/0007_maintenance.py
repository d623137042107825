"""Records replaced, deleted and merged; rebuildings of the index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_records",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("survivor_id", sa.Integer(), nullable=True),
        sa.Column("control_number", sa.String(), nullable=True),
        sa.Column("gone", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survivor_id"], ["records.id"], name=op.f("fk_former_records_survivor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_records")),
    )
    for column in ("survivor_id", "control_number"):
        op.create_index(op.f(f"ix_former_records_{column}"), "former_records", [column])
    op.create_table(
        "reindexings",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("indexes", sa.String(), nullable=False),
        sa.Column("access_point", sa.SmallInteger(), nullable=True),
        sa.Column("term", sa.LargeBinary(), nullable=True),
        sa.Column("started", Moment(), nullable=False),
        sa.Column("finished", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reindexings")),
    )
    op.create_table(
        "changed_while_reindexing",
        sa.Column("record_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_changed_while_reindexing")),
    )
