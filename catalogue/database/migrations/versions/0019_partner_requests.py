"""What partners call the holds that they have placed."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.tables import Long

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "partner_requests",
        sa.Column("agency", sa.String, primary_key=True),
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column(
            "hold_id",
            Long,
            sa.ForeignKey("holds.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
