"""How many days back a loan, renewal or return may be dated."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    op.add_column("loan_policies", sa.Column("backdate_days", sa.Integer))
