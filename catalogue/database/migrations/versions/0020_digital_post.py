"""Digital Post: sealed national numbers, receipts."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "sealed_numbers",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("kept", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "post_receipts",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("message_uuid", sa.String, nullable=False, index=True),
        sa.Column("message_id", Long, index=True),
        sa.Column("transmission_id", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("error_code", sa.String, nullable=False),
        sa.Column("error_text", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("received", Moment, nullable=False),
    )
