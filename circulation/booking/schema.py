"""The tables of this package, in the same metadata as all others.

A booking promises copies, not items: which copies they are is known when they are set aside. An
item that is to be elsewhere than at home for a while has a row in `stays`, whether a booking, a
deposit or a theme sends it there.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    false,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import branches, items, records
from circulation.kernel.personal import CUT, DELETED
from circulation.patrons.schema import patron_groups, patrons

#: A booking is open while `closed` is NULL. The days are the first and the last on which the
#: borrower has the copies. The borrower is NULL once the booking was cut from them.
bookings = Table(
    "bookings",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("record_id", ForeignKey(records.c.id), nullable=False),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("group_id", ForeignKey(patron_groups.c.id), index=True),  # the class that it is for
    Column("delivery_branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("preferred", SmallInteger, nullable=False),
    Column("minimum", SmallInteger, nullable=False),
    Column("lends_onward", Boolean, nullable=False),  # to the class, as soon as it is delivered
    Column("note", String, nullable=False),
    Column("placed", Moment, nullable=False),
    Column("closed", Moment),
    Column("outcome", String),  # a value of `BookingOutcome`
    CheckConstraint("first_day <= last_day", name="period"),
    CheckConstraint("minimum BETWEEN 1 AND preferred", name="copies"),
    CheckConstraint("(closed IS NULL) = (outcome IS NULL)", name="closed"),
)
_IS_OPEN = text("closed IS NULL")
Index(
    "ix_bookings_open_record",
    bookings.c.record_id,
    bookings.c.closed,
    sqlite_where=_IS_OPEN,
)
Index(
    "ix_bookings_open_first_day",
    bookings.c.first_day,
    sqlite_where=_IS_OPEN,
)

#: Where the copies of a booking come from: so many of one branch and material group, reserved
#: with the days before and after that the branch needs for them.
booking_supplies = Table(
    "booking_supplies",
    metadata,
    Column("booking_id", ForeignKey(bookings.c.id), primary_key=True),
    Column("branch_id", ForeignKey(branches.c.id), primary_key=True),
    Column("material_group", String, primary_key=True),
    Column("copies", SmallInteger, nullable=False),
    Column("reserved_from", Date, nullable=False),
    Column("reserved_until", Date, nullable=False),
    CheckConstraint("copies >= 1", name="copies"),
    Index("ix_booking_supplies_branch_id", "branch_id", "reserved_from"),
)

#: The loans that a booking was delivered with, each with the supply that it took from. No foreign
#: key to the loan, which is deleted where its check-out is cancelled.
booking_loans = Table(
    "booking_loans",
    metadata,
    Column("loan_id", Long, primary_key=True, autoincrement=False),
    Column("booking_id", ForeignKey(bookings.c.id), nullable=False, index=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("material_group", String, nullable=False),
)

#: Deposits and themes. `loan_days`: NULL lends as ever, 0 not at all, else for so many days at
#: most. `station` is the first day of the station in force; NULL: it has not begun.
temporary_placements = Table(
    "temporary_placements",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("kind", String, nullable=False),  # a value of `StayKind`
    Column("name", String, nullable=False),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),  # who has put it together
    Column("loan_days", SmallInteger),
    Column("ends", Date),  # the last day; NULL: until it is ended by hand
    Column("station", Date),
    Column("created", Moment, nullable=False),
    Column("closed", Moment),
    CheckConstraint("kind IN ('deposit', 'theme')", name="kind"),
    CheckConstraint("loan_days >= 0", name="loan_days"),
)

#: Where its items are from which day on. `place` is a shelf, or a place outside of the branch
#: that looks after it: a waiting room, a nursery, a bus.
temporary_stations = Table(
    "temporary_stations",
    metadata,
    Column("placement_id", ForeignKey(temporary_placements.c.id), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("place", String, nullable=False),
)

#: Items that are to be at `branch_id` for a while. `seen_branch_id` is where each was last, and
#: `placed` when it was put where it is to be; NULL: it must still be brought there. The row goes
#: when the item is back at home.
stays = Table(
    "stays",
    metadata,
    Column("item_id", ForeignKey(items.c.id), primary_key=True, info=DELETED),
    Column("booking_id", ForeignKey(bookings.c.id), index=True),
    Column("placement_id", ForeignKey(temporary_placements.c.id), index=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("seen_branch_id", ForeignKey(branches.c.id), nullable=False),
    # As `temporary_placements.loan_days`; 0 where it is kept for whom it is booked.
    Column("loan_days", SmallInteger),
    Column("is_over", Boolean, nullable=False, server_default=false()),  # it is to go home
    Column("since", Moment, nullable=False),
    Column("placed", Moment),
    CheckConstraint("(booking_id IS NULL) <> (placement_id IS NULL)", name="one_reason"),
)
_IS_TO_MOVE = text("placed IS NULL")
Index(
    "ix_stays_to_move",
    stays.c.seen_branch_id,
    stays.c.item_id,
    sqlite_where=_IS_TO_MOVE,
)
