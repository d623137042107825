"""Organisation: opening hours, closing days, placement, rules."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0005"
down_revision = "0004"


def _owner() -> list[sa.schema.SchemaItem]:
    """An agency or a branch."""
    return [
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.CheckConstraint("(agency_id IS NULL) <> (branch_id IS NULL)", name="one_owner"),
    ]


def _tree(table: str) -> None:
    op.create_table(
        table,
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("parent", sa.String, sa.ForeignKey(f"{table}.code")),
    )


def upgrade() -> None:
    op.add_column("items", sa.Column("section", sa.String, server_default="", nullable=False))
    for name, kind in (
        ("on_site_only", sa.Boolean),
        ("loan_hours", sa.Integer),
        ("loan_until", sa.String),
        ("closed_days", sa.String),
        ("within_card", sa.Boolean),
        ("renewal_from", sa.String),
        ("renew_unseen", sa.Boolean),
        ("auto_renew", sa.Boolean),
        ("holdable", sa.Boolean),
        ("max_holds", sa.Integer),
        ("interest_days", sa.Integer),
        ("pickup_days", sa.Integer),
    ):
        op.add_column("loan_policies", sa.Column(name, kind))
    _tree("patron_categories")
    _tree("material_groups")
    op.create_table(
        "placement_names",
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("level", sa.String, primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        *_owner(),
        sa.Column("weekday", sa.SmallInteger, nullable=False),
        sa.Column("hours", sa.String, nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    )
    op.create_table(
        "special_days",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        *_owner(),
        sa.Column("days", sa.String, nullable=False),
        sa.Column("hours", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
    )
    op.create_table(
        "closures",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False, index=True
        ),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("announced", Moment, nullable=False),
    )
