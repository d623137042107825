"""Answers to what a proxy's journal names are kept for longer than others."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.add_column("replies", sa.Column("until", Moment))
