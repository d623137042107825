"""Who has not found an item of the pick list on its shelf, and when."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.add_column("fetches", sa.Column("sought_by", sa.String))
    op.add_column("fetches", sa.Column("sought", Moment))
