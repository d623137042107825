"""Apps: programs that work in somebody's name, and what they show for it."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.add_column("programs", sa.Column("acts_for", sa.String))
    op.add_column("programs", sa.Column("redirect_uris", sa.Text))
    op.add_column("sessions", sa.Column("scope", sa.Text))
    op.add_column("sessions", sa.Column("family", sa.LargeBinary))
    op.create_index("ix_sessions_family", "sessions", ["family"])
    op.create_table(
        "app_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("family", sa.LargeBinary, nullable=False, index=True),
        sa.Column(
            "program_id", sa.Integer, sa.ForeignKey("programs.id"), nullable=False, index=True
        ),
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff_accounts.id"), index=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text),
        sa.Column("challenge", sa.String),
        sa.Column("expires", Moment, nullable=False),
        sa.Column("ends", Moment, nullable=False, index=True),
        sa.Column("used", Moment),
        sqlite_with_rowid=False,
    )
