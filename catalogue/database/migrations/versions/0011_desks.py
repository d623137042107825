"""Terminals, partners, sorting; recalls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    _terminals()
    _partners()
    _sorting()
    op.create_table(
        "pin_settings",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("minimum_length", sa.SmallInteger(), nullable=True),
        sa.Column("digits_only", sa.Boolean(), nullable=True),
        sa.Column("tries_at_device", sa.SmallInteger(), nullable=True),
        sa.Column("tries_in_all", sa.SmallInteger(), nullable=True),
        sa.Column("lock_minutes", sa.SmallInteger(), nullable=True),
        _reference("pin_settings", "agency_id", "agencies.id"),
        _key("pin_settings", "agency_id"),
    )
    for name in ("recall_days", "recall_notice_days"):
        op.add_column("loan_policies", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("loans", sa.Column("recalled", Moment(), nullable=True))
    is_recalled = sa.text("recalled IS NOT NULL AND checked_in IS NULL")
    op.create_index(
        "ix_loans_recalled",
        "loans",
        ["patron_id"],
        sqlite_where=is_recalled,
        postgresql_where=is_recalled,
    )
    is_closed = sa.text("closed IS NOT NULL")
    op.create_index(
        "ix_holds_closed",
        "holds",
        ["closed"],
        sqlite_where=is_closed,
        postgresql_where=is_closed,
    )


def _terminals() -> None:
    op.create_table(
        "terminal_profiles",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        _key("terminal_profiles", "code"),
    )
    op.create_table(
        "terminals",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("any_branch", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.String(), nullable=True),
        sa.Column("sorting", sa.String(), nullable=True),
        _reference("terminals", "branch_id", "branches.id"),
        _reference("terminals", "profile", "terminal_profiles.code"),
        _key("terminals", "login"),
    )


def _partners() -> None:
    op.create_table(
        "partners",
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("shared_secret", sa.String(), nullable=True),
        sa.Column("options", sa.Text(), nullable=False),
        _reference("partners", "branch_id", "branches.id"),
        _key("partners", "agency"),
    )


def _sorting() -> None:
    op.create_table(
        "sort_rules",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=True),
        sa.Column("to_branch_id", sa.Integer(), nullable=True),
        sa.Column("material_group", sa.String(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("sublocation", sa.String(), nullable=True),
        sa.Column("section", sa.String(), nullable=True),
        sa.Column("call_number_from", sa.String(), nullable=True),
        sa.Column("call_number_to", sa.String(), nullable=True),
        _reference("sort_rules", "to_branch_id", "branches.id"),
        _key("sort_rules", "scheme", "number"),
    )
