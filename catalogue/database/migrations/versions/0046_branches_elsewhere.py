"""Branches that another system looks after still, while a library moves branch by branch."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.create_table(
        "branches_elsewhere",
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), primary_key=True),
        sa.Column("since", Moment, primary_key=True),
        sa.Column("until", Moment),
        sqlite_with_rowid=False,
    )
