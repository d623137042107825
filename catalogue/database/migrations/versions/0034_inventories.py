"""Inventories: shelves that are scanned, and what was found there."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "inventories",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column(
            "branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False, index=True
        ),
        sa.Column("department", sa.String, nullable=False),
        sa.Column("location", sa.String, nullable=False),
        sa.Column("sublocation", sa.String, nullable=False),
        sa.Column("section", sa.String, nullable=False),
        sa.Column("material_group", sa.String, nullable=False),
        sa.Column("begun", Moment, nullable=False),
        sa.Column("closed", Moment),
    )
    op.create_table(
        "inventory_scans",
        sa.Column("inventory_id", sa.Integer, sa.ForeignKey("inventories.id"), primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("finding", sa.String, nullable=False),
        sa.Column("scanned", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
