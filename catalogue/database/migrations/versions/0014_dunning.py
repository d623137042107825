"""The flow from reminder to collection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    _set_up()
    _acts()
    _collection()


def _set_up() -> None:
    op.create_table(
        "dunning_flows",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("patron_category", sa.String(), nullable=True),
        sa.Column("material_group", sa.String(), nullable=True),
        sa.CheckConstraint(
            "agency_id IS NULL OR branch_id IS NULL", name=op.f("ck_dunning_flows_one_place")
        ),
        _reference("dunning_flows", "agency_id", "agencies"),
        _reference("dunning_flows", "branch_id", "branches"),
        _key("dunning_flows", "id"),
    )
    op.create_table(
        "dunning_steps",
        sa.Column("flow_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("does", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("counted_from", sa.String(), nullable=False),
        sa.Column("closed_days", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("fee", sa.Integer(), nullable=False),
        sa.Column("warns", sa.Boolean(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("children", sa.String(), nullable=False),
        _reference("dunning_steps", "flow_id", "dunning_flows"),
        _key("dunning_steps", "flow_id", "number"),
        sa.UniqueConstraint("flow_id", "code", name=op.f("uq_dunning_steps_flow_id_code")),
    )


def _acts() -> None:
    op.create_table(
        "dunning_acts",
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("loan_id", LONG, nullable=True),
        sa.Column("round", sa.SmallInteger(), nullable=True),
        sa.Column("charge_id", LONG, nullable=True),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("does", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(loan_id IS NULL) <> (charge_id IS NULL)", name=op.f("ck_dunning_acts_one_subject")
        ),
        sa.CheckConstraint("outcome IN ('done', 'passed')", name=op.f("ck_dunning_acts_outcome")),
        _reference("dunning_acts", "charge_id", "charges"),
        _reference("dunning_acts", "patron_id", "patrons"),
        _key("dunning_acts", "id"),
        sa.UniqueConstraint(
            "loan_id", "round", "step", name=op.f("uq_dunning_acts_loan_id_round_step")
        ),
        sa.UniqueConstraint("charge_id", "step", name=op.f("uq_dunning_acts_charge_id_step")),
    )
    op.create_index(op.f("ix_dunning_acts_patron_id"), "dunning_acts", ["patron_id"])
    op.create_index(
        "ix_charges_owed",
        "charges",
        ["id", "balance"],
        sqlite_where=sa.text("balance > 0"),
        postgresql_where=sa.text("balance > 0"),
    )


def _collection() -> None:
    op.create_table(
        "collection_claims",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("charge_id", LONG, nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("debtor_id", sa.Integer(), nullable=True),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("opened", Moment(), nullable=False),
        sa.Column("closed", Moment(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        _reference("collection_claims", "charge_id", "charges"),
        _reference("collection_claims", "patron_id", "patrons"),
        _reference("collection_claims", "debtor_id", "patrons"),
        _reference("collection_claims", "agency_id", "agencies"),
        _key("collection_claims", "id"),
    )
    for column in ("charge_id", "patron_id", "debtor_id"):
        op.create_index(op.f(f"ix_collection_claims_{column}"), "collection_claims", [column])
    op.create_index(
        "uq_collection_claims_open",
        "collection_claims",
        ["charge_id"],
        unique=True,
        sqlite_where=sa.text("closed IS NULL"),
        postgresql_where=sa.text("closed IS NULL"),
    )
    op.create_table(
        "collection_files",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        _reference("collection_files", "agency_id", "agencies"),
        _key("collection_files", "id"),
    )
    op.create_table(
        "collection_lines",
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", LONG, nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        _reference("collection_lines", "claim_id", "collection_claims"),
        _reference("collection_lines", "file_id", "collection_files"),
        _key("collection_lines", "id"),
    )
    for column in ("claim_id", "file_id"):
        op.create_index(op.f(f"ix_collection_lines_{column}"), "collection_lines", [column])
    op.create_index(
        "ix_collection_lines_unsent",
        "collection_lines",
        ["id"],
        sqlite_where=sa.text("file_id IS NULL"),
        postgresql_where=sa.text("file_id IS NULL"),
    )
