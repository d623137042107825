"""Agreements say whether the desks of each agency serve the patrons of the others.

Until now every agreement let them, so each that is there goes on doing so.
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    op.add_column(
        "agreements",
        sa.Column("patrons", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.execute(sa.text("UPDATE agreements SET patrons = true"))
