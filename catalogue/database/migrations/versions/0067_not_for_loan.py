"""Items that are not lent, and blocks of patrons that end on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    op.add_column("items", sa.Column("not_for_loan", sa.String, nullable=False, server_default=""))
    op.add_column("patron_blocks", sa.Column("ends", sa.Date))
