"""Result sets that outlive the association that made them."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "kept_result_sets",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("databases", sa.String, nullable=False),
        sa.Column("records", sa.LargeBinary, nullable=False),
        sa.Column("record_order", sa.LargeBinary),
        sa.Column("kept", Moment, nullable=False),
    )
