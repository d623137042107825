"""What machines refused to patrons a short while ago."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "machine_refusals",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("at", Moment, nullable=False, index=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("machine", sa.String, nullable=False),
        sa.Column("barcode", sa.String, nullable=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False, index=True),
        sa.Column("reasons", sa.Text, nullable=False),
    )
