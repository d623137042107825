"""The tables of circulation, in the same metadata as those of the catalogue.

Status is never stored: an item is on loan because an open loan says so, in transit because a
transit does, else available.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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
    Text,
    text,
)

from catalogue.schema import metadata
from catalogue.statements import Moment

#: 63 bits. SQLite only keeps rows in the order of a key that is declared INTEGER.
Long = BigInteger().with_variant(Integer(), "sqlite")

#: One row, that changes with every change of organisation or rules: what processes keep of them
#: in memory is good as long as the version is the one they read it under.
set_up_version = Table(
    "set_up_version",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", Long, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

agency_settings = Table(
    "agency_settings",
    metadata,
    Column("agency_id", ForeignKey("agencies.id"), primary_key=True),
    Column("timezone", String, nullable=False),
)

#: Rules. A scope column that is NULL holds for any; a field that is NULL is left to a row of
#: wider scope (see `circulation.policy`).
loan_policies = Table(
    "loan_policies",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id")),
    Column("branch_id", ForeignKey("branches.id")),
    Column("patron_category", String),
    Column("material_group", String),
    Column("loanable", Boolean),
    Column("loan_days", Integer),
    Column("renewals", Integer),
    Column("renewal_days", Integer),
    Column("renewal_window_days", Integer),
    Column("renew_overdue", Boolean),
    Column("max_loans", Integer),
    Column("max_loans_in_group", Integer),
    CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
)

patrons = Table(
    "patrons",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id"), nullable=False, index=True),
    Column("home_branch_id", ForeignKey("branches.id"), nullable=False),
    Column("category", String, nullable=False),
    Column("name", String, nullable=False),
    Column("given_name", String, nullable=False),
    Column("family_name", String, nullable=False),
    Column("pin_hash", String),
    Column("language", String, nullable=False),  # BCP 47
    Column("birth_date", Date),
    Column("email", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("expires", Date),  # the last day on which the patron may borrow
    Column("note", String, nullable=False),
    Column("created", Moment, nullable=False),
)

patron_identifiers = Table(
    "patron_identifiers",
    metadata,
    Column("identifier", String, primary_key=True),
    Column("patron_id", ForeignKey("patrons.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # card, login, email, national_id...
    Column("blocked", String),  # a value of `IdentifierBlock`
    Column("added", Moment, nullable=False),
    sqlite_with_rowid=False,
)

patron_blocks = Table(
    "patron_blocks",
    metadata,
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("reason", String, primary_key=True),  # a value of `BlockReason`
    Column("since", Moment, nullable=False),
    Column("message", String, nullable=False),
    sqlite_with_rowid=False,
)

#: A loan is open while `checked_in` is NULL. `material_group` is the item's at check-out: the
#: group whose limit the loan counts against.
loans = Table(
    "loans",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("item_id", ForeignKey("items.id"), nullable=False),
    Column("patron_id", ForeignKey("patrons.id"), nullable=False),
    Column("branch_id", ForeignKey("branches.id"), nullable=False),  # whose rules hold
    Column("material_group", String, nullable=False),
    Column("checked_out", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("renewals", SmallInteger, nullable=False),
    Column("checked_in", Moment),
    Column("checked_in_branch_id", ForeignKey("branches.id")),
)

_IS_OPEN = text("checked_in IS NULL")

#: The promise that no item is on loan twice.
Index(
    "uq_loans_open_item",
    loans.c.item_id,
    unique=True,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)
#: Counts of a patron's loans (all, overdue, of a group) are read from this index alone; SQLite
#: does so only where the column of the condition stands in it too.
Index(
    "ix_loans_open_patron",
    loans.c.patron_id,
    loans.c.material_group,
    loans.c.due,
    loans.c.checked_in,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)

#: Items on their way between branches; the row goes when the item arrives or is lent.
transits = Table(
    "transits",
    metadata,
    Column("item_id", ForeignKey("items.id"), primary_key=True),
    Column("from_branch_id", ForeignKey("branches.id"), nullable=False),
    Column("to_branch_id", ForeignKey("branches.id"), nullable=False),
    Column("since", Moment, nullable=False),
)

#: Append-only: one row for each change of state. No foreign keys, because what a row names may be
#: purged before the row is. The database counts the ids: events of one item are written under its
#: lock, so their ids have the order in which they took effect, whatever the clocks of several
#: processes say.
events = Table(
    "events",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("kind", String, nullable=False),  # a value of `EventKind`
    Column("at", Moment, nullable=False),  # when it happened
    Column("recorded", Moment),  # when it was written down, where that was later
    Column("actor", String, nullable=False),
    Column("device", String, nullable=False),
    Column("branch_id", Integer),
    Column("item_id", Integer, index=True),
    Column("patron_id", Integer, index=True),
    Column("loan_id", Long),
    Column("cause", Long),  # the event that this one follows from
    Column("before", Text),  # JSON object: what held before, where that matters
    Column("after", Text),
)
