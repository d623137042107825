"""Loan rules say what is done with a copy that is to be fetched for another patron."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    op.add_column("loan_policies", sa.Column("lend_wanted_copies", sa.String))
