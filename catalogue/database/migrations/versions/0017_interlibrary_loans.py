"""Interlibrary loans."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "temporary_records",
        sa.Column("record_id", sa.Integer, sa.ForeignKey("records.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    table = "interlibrary_loans"
    op.create_table(
        table,
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("partner", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), index=True),
        sa.Column("barcode", sa.String, nullable=False),
        sa.Column("record_id", sa.Integer),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("hold_id", Long, index=True),
        sa.Column("loan_id", Long),
        sa.Column("due", Moment),
        sa.Column("due_before", Moment),
        sa.Column("renewable", sa.Boolean, nullable=False),
        sa.Column("made_here", sa.Boolean, nullable=False),
        sa.Column("goes_at_check_in", sa.Boolean, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("changed", Moment, nullable=False),
        sa.Column("closed", Moment),
        sa.CheckConstraint("role IN ('lender', 'borrower')", name="role"),
    )
    is_open = "closed IS NULL"
    create_partial_index(
        "uq_interlibrary_loans_open_item", table, ["item_id"], is_open, unique=True
    )
    create_partial_index(
        "uq_interlibrary_loans_open_request",
        table,
        ["partner", "role", "request_id"],
        is_open,
        unique=True,
    )
    op.create_index("ix_interlibrary_loans_request", table, ["partner", "request_id"])
    table = "partner_notices"
    op.create_table(
        table,
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column(
            "interlibrary_loan_id",
            Long,
            sa.ForeignKey("interlibrary_loans.id"),
            nullable=False,
            index=True,
        ),
        sa.Column("partner", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("written", Moment, nullable=False),
        sa.Column("next_try", Moment, nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("sent", Moment),
        sa.Column("given_up", Moment),
        sa.Column("problem", sa.String, nullable=False),
    )
    create_partial_index(
        "ix_partner_notices_waiting",
        table,
        ["partner", "next_try"],
        "sent IS NULL AND given_up IS NULL",
    )
