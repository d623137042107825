"""Holds: queues, targeting, pickup."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0004"
down_revision = "0003"

IS_OPEN = "closed IS NULL"


def upgrade() -> None:
    op.add_column("items", sa.Column("part", sa.String, server_default="", nullable=False))
    op.add_column("items", sa.Column("float_group", sa.String, server_default="", nullable=False))
    op.add_column("transits", sa.Column("reason", sa.String, server_default="home", nullable=False))
    op.add_column("events", sa.Column("hold_id", Long))
    op.create_index(op.f("ix_events_hold_id"), "events", ["hold_id"])
    for name in ("local_holds_first", "hold_while_on_loan"):
        op.add_column("loan_policies", sa.Column(name, sa.Boolean))
    op.create_table(
        "hold_sets",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.CheckConstraint("kind IN ('parallel', 'serial')", name="kind"),
    )
    op.create_table(
        "holds",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("record_id", sa.Integer, sa.ForeignKey("records.id"), nullable=False),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id")),
        sa.Column("part", sa.String, nullable=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False),
        sa.Column("set_id", Long, sa.ForeignKey("hold_sets.id"), index=True),
        sa.Column("waits_for", Long, sa.ForeignKey("holds.id")),
        sa.Column("pickup_branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("queue_class", sa.SmallInteger, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("placed", Moment, nullable=False),
        sa.Column("activates", sa.Date),
        sa.Column("interest_until", sa.Date, nullable=False),
        sa.Column("paused_from", sa.Date),
        sa.Column("paused_until", sa.Date),
        sa.Column("closed", Moment),
        sa.Column("outcome", sa.String),
        sa.CheckConstraint("(closed IS NULL) = (outcome IS NULL)", name="closed"),
    )
    create_partial_index("ix_holds_open_record", "holds", ["record_id", "closed"], IS_OPEN)
    create_partial_index(
        "uq_holds_open_patron", "holds", ["patron_id", "record_id", "part"], IS_OPEN, unique=True
    )
    create_partial_index("ix_holds_open_interest", "holds", ["interest_until"], IS_OPEN)
    op.create_table(
        "captures",
        sa.Column("hold_id", Long, sa.ForeignKey("holds.id"), primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), nullable=False, unique=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False),
        sa.Column("captured", Moment, nullable=False),
        sa.Column("shelf_branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.Column("number", sa.Integer),
        sa.Column("shelved", Moment),
        sa.Column("deadline", Moment),
        sa.Column("released", Moment),
        sa.CheckConstraint(
            "(shelved IS NULL) = (number IS NULL) AND "
            "(shelved IS NULL) = (shelf_branch_id IS NULL)",
            name="shelved",
        ),
        sa.UniqueConstraint("shelf_branch_id", "number"),
    )
    op.create_table(
        "patron_absences",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("absent_from", sa.Date, nullable=False),
        sa.Column("absent_until", sa.Date),
    )
    op.create_table(
        "fetches",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("hold_id", Long, sa.ForeignKey("holds.id"), nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("since", Moment, nullable=False),
    )
    op.create_table(
        "transport_costs",
        sa.Column("from_branch_id", sa.Integer, sa.ForeignKey("branches.id"), primary_key=True),
        sa.Column("to_branch_id", sa.Integer, sa.ForeignKey("branches.id"), primary_key=True),
        sa.Column("cost", sa.Integer),
        sa.CheckConstraint("cost >= 0", name="cost"),
    )
    op.create_table(
        "float_branches",
        sa.Column("float_group", sa.String, primary_key=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), primary_key=True),
    )
