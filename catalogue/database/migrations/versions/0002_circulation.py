"""Circulation: set-up and rules, patrons, loans, transits, events."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("recorded", Moment),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer),
        sa.Column("item_id", sa.Integer, index=True),
        sa.Column("patron_id", sa.Integer, index=True),
        sa.Column("loan_id", Long),
        sa.Column("cause", Long),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
    )
    op.create_table(
        "set_up_version",
        sa.Column("id", sa.SmallInteger, autoincrement=False, primary_key=True),
        sa.Column("version", Long, nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.create_table(
        "agency_settings",
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("timezone", sa.String, nullable=False),
    )
    op.create_table(
        "loan_policies",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.Column("patron_category", sa.String),
        sa.Column("material_group", sa.String),
        sa.Column("loanable", sa.Boolean),
        sa.Column("loan_days", sa.Integer),
        sa.Column("renewals", sa.Integer),
        sa.Column("renewal_days", sa.Integer),
        sa.Column("renewal_window_days", sa.Integer),
        sa.Column("renew_overdue", sa.Boolean),
        sa.Column("max_loans", sa.Integer),
        sa.Column("max_loans_in_group", sa.Integer),
        sa.CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
    )
    op.create_table(
        "patrons",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "agency_id", sa.Integer, sa.ForeignKey("agencies.id"), nullable=False, index=True
        ),
        sa.Column("home_branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("given_name", sa.String, nullable=False),
        sa.Column("family_name", sa.String, nullable=False),
        sa.Column("pin_hash", sa.String),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("birth_date", sa.Date),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("phone", sa.String, nullable=False),
        sa.Column("expires", sa.Date),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("created", Moment, nullable=False),
    )
    op.create_table(
        "loans",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), nullable=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("material_group", sa.String, nullable=False),
        sa.Column("checked_out", Moment, nullable=False),
        sa.Column("due", Moment, nullable=False),
        sa.Column("renewals", sa.SmallInteger, nullable=False),
        sa.Column("checked_in", Moment),
        sa.Column("checked_in_branch_id", sa.Integer, sa.ForeignKey("branches.id")),
    )
    create_partial_index(
        "ix_loans_open_patron",
        "loans",
        ["patron_id", "material_group", "due", "checked_in"],
        "checked_in IS NULL",
    )
    create_partial_index(
        "uq_loans_open_item", "loans", ["item_id"], "checked_in IS NULL", unique=True
    )
    op.create_table(
        "patron_blocks",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("reason", sa.String, primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "patron_identifiers",
        sa.Column("identifier", sa.String, primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("blocked", sa.String),
        sa.Column("added", Moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transits",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("from_branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("to_branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("since", Moment, nullable=False),
    )
    op.execute("INSERT INTO set_up_version (id, version) VALUES (1, 0)")
