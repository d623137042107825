"""Holds that staff have put elsewhere in their queue."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.add_column("holds", sa.Column("queued", Moment))
