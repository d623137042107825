"""What was moved out of the database into files is noted here."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.create_table(
        "moves_out",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("before", sa.Date, nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("loans", sa.Integer, nullable=False),
        sa.Column("begun", Moment, nullable=False),
        sa.Column("finished", Moment),
    )
