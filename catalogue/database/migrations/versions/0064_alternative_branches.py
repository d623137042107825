"""A closure names the branch where holds are fetched in the meantime."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    op.add_column("closures", sa.Column("alternative_id", sa.Integer))
