"""Which records got other sort keys is noted, so that a process can remember the order of all.

While processes of the release before still run beside it, what they replace is noted by none: it
keeps its place in the order until the process that remembers it is started anew.
"""

import sqlalchemy as sa
from alembic import op

from catalogue.database.tables import Long

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.create_table(
        "refiled_records",
        sa.Column("number", Long, primary_key=True, autoincrement=False),
        sa.Column("records", sa.LargeBinary, nullable=False),
    )
