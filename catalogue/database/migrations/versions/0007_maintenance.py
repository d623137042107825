"""Records replaced, deleted and merged; rebuildings of the index."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "former_records",
        sa.Column("id", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("survivor_id", sa.Integer, sa.ForeignKey("records.id"), index=True),
        sa.Column("control_number", sa.String, index=True),
        sa.Column("gone", Moment, nullable=False),
    )
    op.create_table(
        "reindexings",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("run", sa.String, nullable=False),
        sa.Column("first_id", sa.Integer, nullable=False),
        sa.Column("indexes", sa.String, nullable=False),
        sa.Column("access_point", sa.SmallInteger),
        sa.Column("term", sa.LargeBinary),
        sa.Column("started", Moment, nullable=False),
        sa.Column("finished", Moment),
    )
    op.create_table(
        "changed_while_reindexing",
        sa.Column("record_id", sa.Integer, autoincrement=False, primary_key=True),
    )
