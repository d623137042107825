"""The tables of holds, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import branches, items, records
from circulation.kernel.personal import CUT, DELETED
from circulation.patrons.schema import patrons

#: Holds that belong together. The row is what desks lock while they deal with any of them.
hold_sets = Table(
    "hold_sets",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    CheckConstraint("kind IN ('parallel', 'serial')", name="kind"),
)

#: A hold is open while `closed` is NULL. Its place in the queue of the record is never stored: the
#: key (queue_class, priority, queued or else placed, id) orders the queue, the smallest first.
holds = Table(
    "holds",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("record_id", ForeignKey(records.c.id), nullable=False),
    Column("item_id", ForeignKey(items.c.id), info=CUT),  # only this item will do
    Column("part", String, nullable=False),  # only items of this part will do; empty: any
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, info=DELETED),
    Column("set_id", ForeignKey(hold_sets.c.id), index=True),
    # In a serial set: the hold that must be finished first; NULL when it was.
    Column("waits_for", ForeignKey("holds.id")),
    Column("pickup_branch_id", ForeignKey(branches.c.id), nullable=False),
    # Staff passed over the rules by which no copy is kept for the patron.
    Column("is_forced", Boolean, nullable=False, server_default=false()),
    Column("queue_class", SmallInteger, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("placed", Moment, nullable=False),
    Column("queued", Moment),  # since when it counts in the queue, where staff have moved it
    Column("activates", Date),  # the first day on which it may be served
    Column("interest_until", Date, nullable=False),  # the last
    Column("paused_from", Date),
    Column("paused_until", Date),  # NULL, where `paused_from` is set: until further notice
    Column("closed", Moment),
    Column("outcome", String),  # a value of `HoldOutcome`
    CheckConstraint("(closed IS NULL) = (outcome IS NULL)", name="closed"),
)

_HOLD_IS_OPEN = text("closed IS NULL")

Index(
    "ix_holds_open_record",
    holds.c.record_id,
    holds.c.closed,
    sqlite_where=_HOLD_IS_OPEN,
)
#: A person has one open hold on a title (or on a part of it), a library as many as it has readers
#: for: placing sees to that, under the lock of the patron. The index has the order of lists, and
#: holds are counted from it alone.
Index(
    "ix_holds_open_patron",
    holds.c.patron_id,
    holds.c.placed,
    holds.c.id,
    holds.c.record_id,
    holds.c.closed,
    sqlite_where=_HOLD_IS_OPEN,
)
_HOLD_IS_CLOSED = text("closed IS NOT NULL")
#: Closed holds are deleted after some weeks.
Index(
    "ix_holds_closed",
    holds.c.closed,
    sqlite_where=_HOLD_IS_CLOSED,
)
Index(
    "ix_holds_open_interest",
    holds.c.interest_until,
    sqlite_where=_HOLD_IS_OPEN,
)

#: Items bound to holds: on their way to the pickup branch, or on its shelf. One item for a hold,
#: one hold for an item. `released` tells that the hold needs the item no more, which lies on the
#: shelf all the same until somebody takes it away.
captures = Table(
    "captures",
    metadata,
    Column("hold_id", ForeignKey(holds.c.id), primary_key=True),
    Column("item_id", ForeignKey(items.c.id), nullable=False, unique=True, info=DELETED),
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, index=True, info=DELETED),
    Column("captured", Moment, nullable=False),
    Column("shelf_branch_id", ForeignKey(branches.c.id)),
    Column("number", Integer),  # of the place on that shelf: says nothing of the patron
    Column("shelved", Moment),
    Column("deadline", Moment),
    Column("released", Moment),
    UniqueConstraint("shelf_branch_id", "number"),
    CheckConstraint(
        "(shelved IS NULL) = (number IS NULL) AND (shelved IS NULL) = (shelf_branch_id IS NULL)",
        name="shelved",
    ),
)

#: Holds are not served to patrons who are away; they keep their places.
patron_absences = Table(
    "patron_absences",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("absent_from", Date, nullable=False),
    Column("absent_until", Date),  # the last day; NULL: until further notice
)

#: Somebody has gone to fetch the item from its shelf (`since`), or has not found it there
#: (`sought`, later than `since` where they had gone for it).
fetches = Table(
    "fetches",
    metadata,
    Column("item_id", ForeignKey(items.c.id), primary_key=True, info=DELETED),
    Column("hold_id", ForeignKey(holds.c.id), nullable=False),
    Column("actor", String, nullable=False),
    Column("since", Moment, nullable=False),
    Column("sought_by", String),
    Column("sought", Moment),
)
