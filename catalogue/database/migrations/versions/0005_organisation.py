"""Organisation: opening hours, closing days, placement, rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _owner(table: str) -> list[sa.schema.SchemaItem]:
    """An agency or a branch."""
    return [
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f(f"fk_{table}_agency_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f(f"fk_{table}_branch_id")),
        sa.CheckConstraint(
            "(agency_id IS NULL) <> (branch_id IS NULL)", name=op.f(f"ck_{table}_one_owner")
        ),
    ]


def _tree(table: str) -> None:
    op.create_table(
        table,
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["parent"], [f"{table}.code"], name=op.f(f"fk_{table}_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    op.add_column("items", sa.Column("section", sa.String(), server_default="", nullable=False))
    for name, kind in (
        ("on_site_only", sa.Boolean()),
        ("loan_hours", sa.Integer()),
        ("loan_until", sa.String()),
        ("closed_days", sa.String()),
        ("within_card", sa.Boolean()),
        ("renewal_from", sa.String()),
        ("renew_unseen", sa.Boolean()),
        ("auto_renew", sa.Boolean()),
        ("holdable", sa.Boolean()),
        ("max_holds", sa.Integer()),
        ("interest_days", sa.Integer()),
        ("pickup_days", sa.Integer()),
    ):
        op.add_column("loan_policies", sa.Column(name, kind, nullable=True))
    _tree("patron_categories")
    _tree("material_groups")
    op.create_table(
        "placement_names",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_placement_names_agency_id")
        ),
        sa.PrimaryKeyConstraint("agency_id", "level", "code", name=op.f("pk_placement_names")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *_owner("opening_hours"),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_hours_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    op.create_table(
        "special_days",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *_owner("special_days"),
        sa.Column("days", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_days")),
    )
    op.create_table(
        "closures",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("announced", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_closures_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index(op.f("ix_closures_branch_id"), "closures", ["branch_id"], unique=False)
