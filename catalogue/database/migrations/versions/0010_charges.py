"""Charges and payments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=True) for name in names]


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=True) for name in names]


def upgrade() -> None:
    op.add_column("loans", sa.Column("billed", Moment(), nullable=True))
    _rules()
    _charges()
    _ledger()
    _debts()


def _rules() -> None:
    op.create_table(
        "fee_rules",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *_whole("agency_id", "branch_id"),
        *_words("patron_category", "material_group"),
        sa.Column("valid_from", sa.Date(), nullable=True),
        *_words("late_fees"),
        sa.Column("currency", sa.String(3), nullable=True),
        *_whole("grace_days"),
        *_words("closed_days", "calendar"),
        *_whole("rate"),
        *_words("period"),
        *_whole("cap"),
        sa.Column("price_cap", sa.Boolean(), nullable=True),
        *_words("tiers", "ceilings"),
        sa.Column("child_under", sa.SmallInteger(), nullable=True),
        *_words("child_tiers", "child_ceilings", "group_date", "occasion"),
        sa.Column("accrues_while_marked", sa.Boolean(), nullable=True),
        *_words("compensation"),
        *_whole("replacement", "handling"),
        *_words("bill_fee"),
        *_whole("refund_days", "loan_fee", "renewal_fee", "hold_fee"),
        *_whole("block_threshold", "block_days"),
        sa.Column("block_counts_compensation", sa.Boolean(), nullable=True),
        sa.Column("partial_payment", sa.Boolean(), nullable=True),
        *_words("overpayment"),
        sa.CheckConstraint(
            "agency_id IS NULL OR branch_id IS NULL", name=op.f("ck_fee_rules_one_place")
        ),
        _reference("fee_rules", "agency_id", "agencies"),
        _reference("fee_rules", "branch_id", "branches"),
        _key("fee_rules", "id"),
    )


def _charges() -> None:
    op.create_table(
        "charges",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("written_off", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("once", sa.String(), nullable=True),
        sa.CheckConstraint(
            "balance = amount - paid - written_off", name=op.f("ck_charges_balance")
        ),
        _reference("charges", "patron_id", "patrons"),
        _reference("charges", "agency_id", "agencies"),
        _reference("charges", "branch_id", "branches"),
        _key("charges", "id"),
        sa.UniqueConstraint("once", name=op.f("uq_charges_once")),
    )
    op.create_index("ix_charges_patron_id", "charges", ["patron_id", "created"])
    op.create_table(
        "charge_loans",
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("charge_id", LONG, nullable=False),
        sa.Column("loan_id", LONG, nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded", Moment(), nullable=False),
        sa.Column("undone", Moment(), nullable=True),
        _reference("charge_loans", "charge_id", "charges"),
        _reference("charge_loans", "item_id", "items"),
        _key("charge_loans", "id"),
    )
    for column in ("charge_id", "loan_id", "item_id", "recorded"):
        op.create_index(op.f(f"ix_charge_loans_{column}"), "charge_loans", [column])


def _ledger() -> None:
    op.create_table(
        "payments",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reversed", Moment(), nullable=True),
        _reference("payments", "patron_id", "patrons"),
        _reference("payments", "agency_id", "agencies"),
        _key("payments", "id"),
        sa.UniqueConstraint("agency_id", "order_id", name=op.f("uq_payments_agency_id_order_id")),
    )
    op.create_index(op.f("ix_payments_patron_id"), "payments", ["patron_id"])
    op.create_table(
        "charge_postings",
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("charge_id", LONG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("parent_id", LONG, nullable=True),
        sa.Column("payment_id", LONG, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        _reference("charge_postings", "charge_id", "charges"),
        _reference("charge_postings", "parent_id", "charge_postings"),
        _reference("charge_postings", "payment_id", "payments"),
        _key("charge_postings", "id"),
    )
    for column in ("charge_id", "payment_id"):
        op.create_index(op.f(f"ix_charge_postings_{column}"), "charge_postings", [column])


def _debts() -> None:
    op.create_table(
        "patron_balances",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("fees", sa.Integer(), nullable=False),
        sa.Column("compensations", sa.Integer(), nullable=False),
        _reference("patron_balances", "patron_id", "patrons"),
        _reference("patron_balances", "agency_id", "agencies"),
        _key("patron_balances", "patron_id", "agency_id", "currency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "debt_warnings",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("warned", Moment(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("blocked", Moment(), nullable=True),
        _reference("debt_warnings", "patron_id", "patrons"),
        _reference("debt_warnings", "agency_id", "agencies"),
        _key("debt_warnings", "patron_id", "agency_id"),
    )
    op.create_index(op.f("ix_debt_warnings_warned"), "debt_warnings", ["warned"])
