"""What else is said of an interlibrary loan, what somebody should read of it, notices as sent."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.add_column(
        "interlibrary_loans", sa.Column("details", sa.Text, nullable=False, server_default="{}")
    )
    op.add_column("partner_notices", sa.Column("document", sa.LargeBinary))
    table, loan = "interlibrary_remarks", sa.ForeignKey("interlibrary_loans.id")
    op.create_table(
        table,
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("interlibrary_loan_id", Long, loan, nullable=False, index=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("settled", Moment),
    )
    create_partial_index("ix_interlibrary_remarks_unsettled", table, ["at"], "settled IS NULL")
