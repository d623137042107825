"""From whom records are harvested, which have come, and what people have to look at."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "harvest_sources",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("asked", sa.String, nullable=False),
        sa.Column("since", Moment),
        sa.Column("is_wanted", sa.Boolean, nullable=False),
        sa.Column("last_begun", Moment, nullable=False),
        sa.Column("list_begun", Moment),
        sa.Column("list_date", Moment),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("restarts", sa.Integer, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("last_finished", Moment),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", Moment),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_table(
        "harvested_records",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("identifier", sa.String, primary_key=True),
        sa.Column("record_id", sa.Integer, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_harvested_records_record_id", "harvested_records", ["record_id"])
    op.create_table(
        "harvest_problems",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("identifier", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("record_id", sa.Integer),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
