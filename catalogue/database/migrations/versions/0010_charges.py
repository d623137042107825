"""Charges and payments."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0010"
down_revision = "0009"


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer) for name in names]


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String) for name in names]


def upgrade() -> None:
    op.add_column("loans", sa.Column("billed", Moment))
    _rules()
    _charges()
    _ledger()
    _debts()


def _rules() -> None:
    op.create_table(
        "fee_rules",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        *_words("patron_category", "material_group"),
        sa.Column("valid_from", sa.Date),
        sa.Column("late_fees", sa.String),
        sa.Column("currency", sa.String(3)),
        sa.Column("grace_days", sa.Integer),
        *_words("closed_days", "calendar"),
        sa.Column("rate", sa.Integer),
        sa.Column("period", sa.String),
        sa.Column("cap", sa.Integer),
        sa.Column("price_cap", sa.Boolean),
        *_words("tiers", "ceilings"),
        sa.Column("child_under", sa.SmallInteger),
        *_words("child_tiers", "child_ceilings", "group_date", "occasion"),
        sa.Column("accrues_while_marked", sa.Boolean),
        sa.Column("compensation", sa.String),
        *_whole("replacement", "handling"),
        sa.Column("bill_fee", sa.String),
        *_whole("refund_days", "loan_fee", "renewal_fee", "hold_fee"),
        *_whole("block_threshold", "block_days"),
        sa.Column("block_counts_compensation", sa.Boolean),
        sa.Column("partial_payment", sa.Boolean),
        sa.Column("overpayment", sa.String),
        sa.CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
    )


def _charges() -> None:
    op.create_table(
        "charges",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id")),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("paid", sa.Integer, nullable=False),
        sa.Column("written_off", sa.Integer, nullable=False),
        sa.Column("balance", sa.Integer, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("once", sa.String, unique=True),
        sa.CheckConstraint("balance = amount - paid - written_off", name="balance"),
    )
    op.create_index("ix_charges_patron_id", "charges", ["patron_id", "created"])
    op.create_table(
        "charge_loans",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("charge_id", Long, sa.ForeignKey("charges.id"), nullable=False, index=True),
        sa.Column("loan_id", Long, index=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), index=True),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("recorded", Moment, nullable=False, index=True),
        sa.Column("undone", Moment),
    )


def _ledger() -> None:
    op.create_table(
        "payments",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), nullable=False),
        sa.Column("order_id", sa.String, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer),
        sa.Column("at", Moment, nullable=False),
        sa.Column("reversed", Moment),
        sa.UniqueConstraint("agency_id", "order_id"),
    )
    op.create_table(
        "charge_postings",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("charge_id", Long, sa.ForeignKey("charges.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("parent_id", Long, sa.ForeignKey("charge_postings.id")),
        sa.Column("payment_id", Long, sa.ForeignKey("payments.id"), index=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer),
        sa.Column("reason", sa.String, nullable=False),
    )


def _debts() -> None:
    op.create_table(
        "patron_balances",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("fees", sa.Integer, nullable=False),
        sa.Column("compensations", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "debt_warnings",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("warned", Moment, nullable=False, index=True),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("blocked", Moment),
    )
