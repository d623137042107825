"""Ways to sign in: passkeys, and PINs at a desk where somebody has signed in before."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0035"
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
    op.create_table(
        "staff_pins",
        sa.Column(
            "staff_id",
            sa.Integer,
            sa.ForeignKey("staff_accounts.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("pin_hash", sa.String, nullable=False),
    )
    op.create_table(
        "desk_sign_ins",
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff_accounts.id"), primary_key=True),
        sa.Column("workstation_id", sa.Integer, sa.ForeignKey("workstations.id"), primary_key=True),
        sa.Column("signed_in", Moment, nullable=False),
        sa.Column("wrong_pins", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
    )
