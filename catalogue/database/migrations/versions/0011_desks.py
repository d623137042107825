"""Terminals, partners, sorting; recalls."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _terminals()
    _partners()
    _sorting()
    op.create_table(
        "pin_settings",
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("minimum_length", sa.SmallInteger),
        sa.Column("digits_only", sa.Boolean),
        sa.Column("tries_at_device", sa.SmallInteger),
        sa.Column("tries_in_all", sa.SmallInteger),
        sa.Column("lock_minutes", sa.SmallInteger),
    )
    for name in ("recall_days", "recall_notice_days"):
        op.add_column("loan_policies", sa.Column(name, sa.Integer))
    op.add_column("loans", sa.Column("recalled", Moment))
    is_recalled = "recalled IS NOT NULL AND checked_in IS NULL"
    create_partial_index("ix_loans_recalled", "loans", ["patron_id"], is_recalled)
    is_closed = "closed IS NOT NULL"
    create_partial_index("ix_holds_closed", "holds", ["closed"], is_closed)


def _terminals() -> None:
    op.create_table(
        "terminal_profiles",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("options", sa.Text, nullable=False),
    )
    op.create_table(
        "terminals",
        sa.Column("login", sa.String, primary_key=True),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("any_branch", sa.Boolean, nullable=False),
        sa.Column("profile", sa.String, sa.ForeignKey("terminal_profiles.code")),
        sa.Column("sorting", sa.String),
    )


def _partners() -> None:
    op.create_table(
        "partners",
        sa.Column("agency", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("shared_secret", sa.String),
        sa.Column("options", sa.Text, nullable=False),
    )


def _sorting() -> None:
    op.create_table(
        "sort_rules",
        sa.Column("scheme", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("bin", sa.String, nullable=False),
        sa.Column("destination", sa.String),
        sa.Column("to_branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.Column("material_group", sa.String),
        sa.Column("department", sa.String),
        sa.Column("location", sa.String),
        sa.Column("sublocation", sa.String),
        sa.Column("section", sa.String),
        sa.Column("call_number_from", sa.String),
        sa.Column("call_number_to", sa.String),
    )
