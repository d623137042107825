"""Who does what alone, and which code may work with these tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    compatibility = op.create_table(
        "compatibility",
        sa.Column("id", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("oldest_code", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_compatibility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compatibility")),
    )
    op.bulk_insert(compatibility, [{"id": 1, "oldest_code": revision}])
