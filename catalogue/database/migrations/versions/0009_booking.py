"""Bookings, deposits, themes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _rules()
    _bookings()
    _stays()


def _rules() -> None:
    for name, kind in (
        ("bookable", sa.Boolean()),
        ("booking_days_before", sa.Integer()),
        ("booking_days_after", sa.Integer()),
        ("max_booking_days", sa.Integer()),
        ("before_bookings", sa.String()),
    ):
        op.add_column("loan_policies", sa.Column(name, kind, nullable=True))


def _bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("delivery_branch_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("preferred", sa.SmallInteger(), nullable=False),
        sa.Column("minimum", sa.SmallInteger(), nullable=False),
        sa.Column("lends_onward", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("placed", Moment(), nullable=False),
        sa.Column("closed", Moment(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        _check("bookings", "period", "first_day <= last_day"),
        _check("bookings", "copies", "minimum BETWEEN 1 AND preferred"),
        _check("bookings", "closed", "(closed IS NULL) = (outcome IS NULL)"),
        _reference("bookings", "record_id", "records"),
        _reference("bookings", "patron_id", "patrons"),
        _reference("bookings", "group_id", "patron_groups"),
        _reference("bookings", "delivery_branch_id", "branches"),
        _key("bookings", "id"),
    )
    op.create_index(op.f("ix_bookings_patron_id"), "bookings", ["patron_id"])
    op.create_index(op.f("ix_bookings_group_id"), "bookings", ["group_id"])
    _partial_index("ix_bookings_open_record", "bookings", ["record_id", "closed"], "closed IS NULL")
    _partial_index("ix_bookings_open_first_day", "bookings", ["first_day"], "closed IS NULL")
    op.create_table(
        "booking_supplies",
        sa.Column("booking_id", LONG, nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("material_group", sa.String(), nullable=False),
        sa.Column("copies", sa.SmallInteger(), nullable=False),
        sa.Column("reserved_from", sa.Date(), nullable=False),
        sa.Column("reserved_until", sa.Date(), nullable=False),
        _check("booking_supplies", "copies", "copies >= 1"),
        _reference("booking_supplies", "booking_id", "bookings"),
        _reference("booking_supplies", "branch_id", "branches"),
        _key("booking_supplies", "booking_id", "branch_id", "material_group"),
    )
    op.create_index(
        "ix_booking_supplies_branch_id", "booking_supplies", ["branch_id", "reserved_from"]
    )
    op.create_table(
        "booking_loans",
        sa.Column("loan_id", LONG, autoincrement=False, nullable=False),
        sa.Column("booking_id", LONG, nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("material_group", sa.String(), nullable=False),
        _reference("booking_loans", "booking_id", "bookings"),
        _reference("booking_loans", "branch_id", "branches"),
        _key("booking_loans", "loan_id"),
    )
    op.create_index(op.f("ix_booking_loans_booking_id"), "booking_loans", ["booking_id"])


def _stays() -> None:
    op.create_table(
        "temporary_placements",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("loan_days", sa.SmallInteger(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("station", sa.Date(), nullable=True),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("closed", Moment(), nullable=True),
        _check("temporary_placements", "kind", "kind IN ('deposit', 'theme')"),
        _check("temporary_placements", "loan_days", "loan_days >= 0"),
        _reference("temporary_placements", "branch_id", "branches"),
        _key("temporary_placements", "id"),
    )
    op.create_table(
        "temporary_stations",
        sa.Column("placement_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        _reference("temporary_stations", "placement_id", "temporary_placements"),
        _reference("temporary_stations", "branch_id", "branches"),
        _key("temporary_stations", "placement_id", "first_day"),
    )
    op.create_table(
        "stays",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", LONG, nullable=True),
        sa.Column("placement_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("seen_branch_id", sa.Integer(), nullable=False),
        sa.Column("loan_days", sa.SmallInteger(), nullable=True),
        sa.Column("is_over", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("placed", Moment(), nullable=True),
        _check("stays", "one_reason", "(booking_id IS NULL) <> (placement_id IS NULL)"),
        _reference("stays", "item_id", "items"),
        _reference("stays", "booking_id", "bookings"),
        _reference("stays", "placement_id", "temporary_placements"),
        _reference("stays", "branch_id", "branches"),
        _reference("stays", "seen_branch_id", "branches"),
        _key("stays", "item_id"),
    )
    op.create_index(op.f("ix_stays_booking_id"), "stays", ["booking_id"])
    op.create_index(op.f("ix_stays_placement_id"), "stays", ["placement_id"])
    _partial_index("ix_stays_to_move", "stays", ["seen_branch_id", "item_id"], "placed IS NULL")
