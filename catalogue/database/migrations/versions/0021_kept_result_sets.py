"""Result sets that outlive the association that made them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_result_sets",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("databases", sa.String(), nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.Column("record_order", sa.LargeBinary(), nullable=True),
        sa.Column("kept", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_kept_result_sets")),
    )
