"""Registries of partners, and the partners that their files have."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.create_table(
        "partner_registries",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
    )
    op.create_table(
        "registered_partners",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("agency", sa.String, nullable=False),
        sa.Column("registry", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("is_closed", sa.Boolean, nullable=False),
        sa.Column("gone", Moment),
    )
