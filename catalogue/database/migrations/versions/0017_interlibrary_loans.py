"""Interlibrary loans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{columns[0]}"), table, list(columns))


def _partial(name: str, table: str, columns: list[str], condition: str, unique: bool) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.create_table(
        "temporary_records",
        sa.Column("record_id", sa.Integer(), autoincrement=False, nullable=False),
        _reference("temporary_records", "record_id", "records"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_temporary_records")),
        sqlite_with_rowid=False,
    )
    table = "interlibrary_loans"
    op.create_table(
        table,
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("barcode", sa.String(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("hold_id", LONG, nullable=True),
        sa.Column("loan_id", LONG, nullable=True),
        sa.Column("due", Moment(), nullable=True),
        sa.Column("due_before", Moment(), nullable=True),
        sa.Column("renewable", sa.Boolean(), nullable=False),
        sa.Column("made_here", sa.Boolean(), nullable=False),
        sa.Column("goes_at_check_in", sa.Boolean(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("changed", Moment(), nullable=False),
        sa.Column("closed", Moment(), nullable=True),
        sa.CheckConstraint(
            "role IN ('lender', 'borrower')", name=op.f("ck_interlibrary_loans_role")
        ),
        _reference(table, "item_id", "items"),
        _reference(table, "branch_id", "branches"),
        _reference(table, "patron_id", "patrons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interlibrary_loans")),
    )
    for column in ("item_id", "patron_id", "hold_id"):
        _index(table, column)
    is_open = "closed IS NULL"
    _partial("uq_interlibrary_loans_open_item", table, ["item_id"], is_open, True)
    _partial(
        "uq_interlibrary_loans_open_request",
        table,
        ["partner", "role", "request_id"],
        is_open,
        True,
    )
    op.create_index("ix_interlibrary_loans_request", table, ["partner", "request_id"])
    table = "partner_notices"
    op.create_table(
        table,
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("interlibrary_loan_id", LONG, nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("written", Moment(), nullable=False),
        sa.Column("next_try", Moment(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("sent", Moment(), nullable=True),
        sa.Column("given_up", Moment(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        _reference(table, "interlibrary_loan_id", "interlibrary_loans"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_notices")),
    )
    _index(table, "interlibrary_loan_id")
    _partial(
        "ix_partner_notices_waiting",
        table,
        ["partner", "next_try"],
        "sent IS NULL AND given_up IS NULL",
        False,
    )
