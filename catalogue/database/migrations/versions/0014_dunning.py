"""The flow from reminder to collection."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _set_up()
    _acts()
    _collection()


def _set_up() -> None:
    op.create_table(
        "dunning_flows",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id")),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.Column("patron_category", sa.String),
        sa.Column("material_group", sa.String),
        sa.CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
    )
    op.create_table(
        "dunning_steps",
        sa.Column("flow_id", sa.Integer, sa.ForeignKey("dunning_flows.id"), primary_key=True),
        sa.Column("number", sa.SmallInteger, autoincrement=False, primary_key=True),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("does", sa.String, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("counted_from", sa.String, nullable=False),
        sa.Column("closed_days", sa.String, nullable=False),
        sa.Column("calendar", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("fee", sa.Integer, nullable=False),
        sa.Column("warns", sa.Boolean, nullable=False),
        sa.Column("minimum", sa.Integer, nullable=False),
        sa.Column("children", sa.String, nullable=False),
        sa.UniqueConstraint("flow_id", "code"),
    )


def _acts() -> None:
    op.create_table(
        "dunning_acts",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("loan_id", Long),
        sa.Column("round", sa.SmallInteger),
        sa.Column("charge_id", Long, sa.ForeignKey("charges.id")),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("does", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.CheckConstraint("(loan_id IS NULL) <> (charge_id IS NULL)", name="one_subject"),
        sa.CheckConstraint("outcome IN ('done', 'passed')", name="outcome"),
        sa.UniqueConstraint("loan_id", "round", "step"),
        sa.UniqueConstraint("charge_id", "step"),
    )
    create_partial_index("ix_charges_owed", "charges", ["id", "balance"], "balance > 0")


def _collection() -> None:
    op.create_table(
        "collection_claims",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("charge_id", Long, sa.ForeignKey("charges.id"), nullable=False, index=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("debtor_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("opened", Moment, nullable=False),
        sa.Column("closed", Moment),
        sa.Column("reason", sa.String, nullable=False),
    )
    create_partial_index(
        "uq_collection_claims_open",
        "collection_claims",
        ["charge_id"],
        "closed IS NULL",
        unique=True,
    )
    op.create_table(
        "collection_files",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
    )
    op.create_table(
        "collection_lines",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column(
            "claim_id", Long, sa.ForeignKey("collection_claims.id"), nullable=False, index=True
        ),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("file_id", sa.Integer, sa.ForeignKey("collection_files.id"), index=True),
        sa.Column("record", sa.Text),
    )
    create_partial_index(
        "ix_collection_lines_unsent", "collection_lines", ["id"], "file_id IS NULL"
    )
