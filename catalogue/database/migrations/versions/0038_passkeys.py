"""Passkeys of the staff, and what authenticators are asked to sign."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0038"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "staff_id", sa.Integer, sa.ForeignKey("staff_accounts.id"), nullable=False, index=True
        ),
        sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", Long, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("used", Moment),
    )
    op.create_table(
        "passkey_challenges",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff_accounts.id")),
        sa.Column("expires", Moment, nullable=False, index=True),
        sqlite_with_rowid=False,
    )
