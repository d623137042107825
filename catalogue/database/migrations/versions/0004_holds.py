"""Holds: queues, targeting, pickup."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_OPEN = sa.text("closed IS NULL")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.add_column("items", sa.Column("part", sa.String(), server_default="", nullable=False))
    op.add_column("items", sa.Column("float_group", sa.String(), server_default="", nullable=False))
    op.add_column(
        "transits", sa.Column("reason", sa.String(), server_default="home", nullable=False)
    )
    op.add_column("events", sa.Column("hold_id", LONG, nullable=True))
    op.create_index(op.f("ix_events_hold_id"), "events", ["hold_id"])
    for name, kind in (
        ("local_holds_first", sa.Boolean()),
        ("hold_while_on_loan", sa.Boolean()),
    ):
        op.add_column("loan_policies", sa.Column(name, kind, nullable=True))
    op.create_table(
        "hold_sets",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('parallel', 'serial')", name=op.f("ck_hold_sets_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_sets")),
    )
    op.create_table(
        "holds",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("set_id", LONG, nullable=True),
        sa.Column("waits_for", LONG, nullable=True),
        sa.Column("pickup_branch_id", sa.Integer(), nullable=False),
        sa.Column("queue_class", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("placed", Moment(), nullable=False),
        sa.Column("activates", sa.Date(), nullable=True),
        sa.Column("interest_until", sa.Date(), nullable=False),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("closed", Moment(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("(closed IS NULL) = (outcome IS NULL)", name=op.f("ck_holds_closed")),
        _reference("holds", "record_id", "records"),
        _reference("holds", "item_id", "items"),
        _reference("holds", "patron_id", "patrons"),
        _reference("holds", "set_id", "hold_sets"),
        _reference("holds", "waits_for", "holds"),
        _reference("holds", "pickup_branch_id", "branches"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_set_id"), "holds", ["set_id"])
    op.create_index(
        "ix_holds_open_record",
        "holds",
        ["record_id", "closed"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index(
        "uq_holds_open_patron",
        "holds",
        ["patron_id", "record_id", "part"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index(
        "ix_holds_open_interest",
        "holds",
        ["interest_until"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_table(
        "captures",
        sa.Column("hold_id", LONG, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("captured", Moment(), nullable=False),
        sa.Column("shelf_branch_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("shelved", Moment(), nullable=True),
        sa.Column("deadline", Moment(), nullable=True),
        sa.Column("released", Moment(), nullable=True),
        sa.CheckConstraint(
            "(shelved IS NULL) = (number IS NULL) AND "
            "(shelved IS NULL) = (shelf_branch_id IS NULL)",
            name=op.f("ck_captures_shelved"),
        ),
        _reference("captures", "hold_id", "holds"),
        _reference("captures", "item_id", "items"),
        _reference("captures", "patron_id", "patrons"),
        _reference("captures", "shelf_branch_id", "branches"),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_captures")),
        sa.UniqueConstraint("item_id", name=op.f("uq_captures_item_id")),
        sa.UniqueConstraint(
            "shelf_branch_id", "number", name=op.f("uq_captures_shelf_branch_id_number")
        ),
    )
    op.create_table(
        "patron_absences",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("absent_from", sa.Date(), nullable=False),
        sa.Column("absent_until", sa.Date(), nullable=True),
        _reference("patron_absences", "patron_id", "patrons"),
        sa.PrimaryKeyConstraint("patron_id", name=op.f("pk_patron_absences")),
    )
    op.create_table(
        "fetches",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", LONG, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        _reference("fetches", "item_id", "items"),
        _reference("fetches", "hold_id", "holds"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_fetches")),
    )
    op.create_table(
        "transport_costs",
        sa.Column("from_branch_id", sa.Integer(), nullable=False),
        sa.Column("to_branch_id", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=True),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_transport_costs_cost")),
        _reference("transport_costs", "from_branch_id", "branches"),
        _reference("transport_costs", "to_branch_id", "branches"),
        sa.PrimaryKeyConstraint("from_branch_id", "to_branch_id", name=op.f("pk_transport_costs")),
    )
    op.create_table(
        "float_branches",
        sa.Column("float_group", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        _reference("float_branches", "branch_id", "branches"),
        sa.PrimaryKeyConstraint("float_group", "branch_id", name=op.f("pk_float_branches")),
    )
