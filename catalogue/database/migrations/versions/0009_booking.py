"""Bookings, deposits, themes."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _rules()
    _bookings()
    _stays()


def _rules() -> None:
    for name, kind in (
        ("bookable", sa.Boolean),
        ("booking_days_before", sa.Integer),
        ("booking_days_after", sa.Integer),
        ("max_booking_days", sa.Integer),
        ("before_bookings", sa.String),
    ):
        op.add_column("loan_policies", sa.Column(name, kind))


def _bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", Long, autoincrement=False, primary_key=True),
        sa.Column("record_id", sa.Integer, sa.ForeignKey("records.id"), nullable=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("group_id", sa.Integer, sa.ForeignKey("patron_groups.id"), index=True),
        sa.Column("delivery_branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("preferred", sa.SmallInteger, nullable=False),
        sa.Column("minimum", sa.SmallInteger, nullable=False),
        sa.Column("lends_onward", sa.Boolean, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("placed", Moment, nullable=False),
        sa.Column("closed", Moment),
        sa.Column("outcome", sa.String),
        sa.CheckConstraint("first_day <= last_day", name="period"),
        sa.CheckConstraint("minimum BETWEEN 1 AND preferred", name="copies"),
        sa.CheckConstraint("(closed IS NULL) = (outcome IS NULL)", name="closed"),
    )
    create_partial_index(
        "ix_bookings_open_record", "bookings", ["record_id", "closed"], "closed IS NULL"
    )
    create_partial_index("ix_bookings_open_first_day", "bookings", ["first_day"], "closed IS NULL")
    op.create_table(
        "booking_supplies",
        sa.Column("booking_id", Long, sa.ForeignKey("bookings.id"), primary_key=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), primary_key=True),
        sa.Column("material_group", sa.String, primary_key=True),
        sa.Column("copies", sa.SmallInteger, nullable=False),
        sa.Column("reserved_from", sa.Date, nullable=False),
        sa.Column("reserved_until", sa.Date, nullable=False),
        sa.CheckConstraint("copies >= 1", name="copies"),
    )
    op.create_index(
        "ix_booking_supplies_branch_id", "booking_supplies", ["branch_id", "reserved_from"]
    )
    op.create_table(
        "booking_loans",
        sa.Column("loan_id", Long, autoincrement=False, primary_key=True),
        sa.Column("booking_id", Long, sa.ForeignKey("bookings.id"), nullable=False, index=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("material_group", sa.String, nullable=False),
    )


def _stays() -> None:
    op.create_table(
        "temporary_placements",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("loan_days", sa.SmallInteger),
        sa.Column("ends", sa.Date),
        sa.Column("station", sa.Date),
        sa.Column("created", Moment, nullable=False),
        sa.Column("closed", Moment),
        sa.CheckConstraint("kind IN ('deposit', 'theme')", name="kind"),
        sa.CheckConstraint("loan_days >= 0", name="loan_days"),
    )
    op.create_table(
        "temporary_stations",
        sa.Column(
            "placement_id", sa.Integer, sa.ForeignKey("temporary_placements.id"), primary_key=True
        ),
        sa.Column("first_day", sa.Date, primary_key=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("place", sa.String, nullable=False),
    )
    op.create_table(
        "stays",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("booking_id", Long, sa.ForeignKey("bookings.id"), index=True),
        sa.Column("placement_id", sa.Integer, sa.ForeignKey("temporary_placements.id"), index=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("seen_branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("loan_days", sa.SmallInteger),
        sa.Column("is_over", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("placed", Moment),
        sa.CheckConstraint("(booking_id IS NULL) <> (placement_id IS NULL)", name="one_reason"),
    )
    create_partial_index(
        "ix_stays_to_move", "stays", ["seen_branch_id", "item_id"], "placed IS NULL"
    )
