"""All loans of a patron are found by one index, be they open or over; an erasure needs both."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    op.drop_index("ix_loans_open_patron", "loans")
    op.drop_index("ix_loans_history", "loans")
    has_patron = sa.text("patron_id IS NOT NULL")
    op.create_index(
        "ix_loans_patron",
        "loans",
        ["patron_id", "checked_in", "due", "mark", "material_group"],
        sqlite_where=has_patron,
        postgresql_where=has_patron,
    )
