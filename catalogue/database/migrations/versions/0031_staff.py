"""Staff accounts, roles, workstations, programs, who is signed in, and who has looked at whom.

The log of look-ups takes over what the access log holds: look-ups at the command line.
"""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "roles",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("rights", sa.Text, nullable=False),
    )
    op.create_table(
        "staff_settings",
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("minimum_length", sa.SmallInteger),
        sa.Column("second_factor", sa.String),
        sa.Column("known_networks", sa.Text),
        sa.Column("idle_minutes", sa.SmallInteger),
        sa.Column("session_hours", sa.SmallInteger),
        sa.Column("patron_idle_minutes", sa.SmallInteger),
        sa.Column("patron_session_minutes", sa.SmallInteger),
        sa.Column("lookup_days", sa.SmallInteger),
    )
    _accounts()
    _second_factors()
    _callers()
    _sessions()
    _lookups()


def _accounts() -> None:
    op.create_table(
        "staff_accounts",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("user_name", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("password_changed", Moment),
        sa.Column("waiving_limit", sa.Integer),
        sa.Column("preferences", sa.Text, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("disabled", Moment),
    )
    staff_id = sa.ForeignKey("staff_accounts.id")
    op.create_table(
        "staff_roles",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("staff_id", sa.Integer, staff_id, nullable=False, index=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
    )
    op.create_table(
        "staff_identities",
        sa.Column("issuer", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column(
            "staff_id", sa.Integer, sa.ForeignKey("staff_accounts.id"), nullable=False, index=True
        ),
        sqlite_with_rowid=False,
    )


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column(
            "staff_id",
            sa.Integer,
            sa.ForeignKey("staff_accounts.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("pending", sa.LargeBinary),
        sa.Column("last_step", Long, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff_accounts.id"), primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sqlite_with_rowid=False,
    )
    failures = op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name_number", sa.Integer, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("expires", Moment, nullable=False, index=True),
    )
    for name in ("name_number", "address"):
        op.create_index(f"ix_sign_in_failures_{name}", failures.name, [name, "expires"])


def _callers() -> None:
    op.create_table(
        "workstations",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("key_digest", sa.LargeBinary, unique=True),
        sa.Column("printer", sa.Text, nullable=False),
        sa.Column("registered", Moment),
    )
    op.create_table(
        "programs",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("client_id", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("secret_digest", sa.LargeBinary, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("is_of_all", sa.Boolean, nullable=False),
        sa.Column("rights", sa.Text, nullable=False),
        sa.Column("requests_per_minute", sa.Integer, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("expires", Moment),
        sa.Column("revoked", Moment),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff_accounts.id"), index=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("program_id", sa.Integer, sa.ForeignKey("programs.id"), index=True),
        sa.Column("workstation_id", sa.Integer, sa.ForeignKey("workstations.id"), index=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("methods", sa.String, nullable=False),
        sa.Column("is_limited", sa.Boolean, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("seen", Moment, nullable=False),
        sa.Column("idle_minutes", sa.Integer),
        sa.Column("expires", Moment, nullable=False, index=True),
        sqlite_with_rowid=False,
    )


def _lookups() -> None:
    op.create_table(
        "lookups",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("at", Moment, nullable=False, index=True),
        sa.Column("actor_kind", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer),
        sa.Column("patron_id", sa.Integer, index=True),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("context", sa.String, nullable=False),
        sa.Column("hits", sa.Integer),
        sa.Column("searched", sa.String, nullable=False),
    )
    op.create_index("ix_lookups_actor", "lookups", ["actor", "id"])
    op.execute(
        "INSERT INTO lookups"
        " (at, actor_kind, actor, device, branch_id, patron_id, what, context, searched)"
        " SELECT at, 'command', actor, device, branch_id, patron_id, 'opened', purpose, ''"
        " FROM access_log ORDER BY id"
    )
    op.drop_table("access_log")
