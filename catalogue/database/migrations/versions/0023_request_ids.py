"""Events know the request that caused them."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("events", sa.Column("request_id", sa.String))
