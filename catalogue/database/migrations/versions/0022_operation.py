"""Who does what alone, and which code may work with these tables."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until", Moment, nullable=False),
    )
    compatibility = op.create_table(
        "compatibility",
        sa.Column("id", sa.SmallInteger, autoincrement=False, primary_key=True),
        sa.Column("oldest_code", sa.String, nullable=False),
        sa.CheckConstraint("id = 1", name="id"),
    )
    op.bulk_insert(compatibility, [{"id": 1, "oldest_code": revision}])
