"""The tables of circulation that belong to none of its packages.

They stand in the same metadata as those of the catalogue. Status is never stored: an item is on
loan because an open loan says so, in transit because a transit does, else available.
"""

from __future__ import annotations

from types import ModuleType

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
    Text,
    false,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import agencies, branches
from circulation.kernel.parts import Registry
from circulation.kernel.personal import JSON, names
from circulation.kernel.policy import LOAN_POLICY
from circulation.kernel.rules import rule_table

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
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("timezone", String, nullable=False),
)

#: What agencies have agreed to do for each other (see `circulation.kernel.agreements`).
agreements = Table(
    "agreements",
    metadata,
    Column("code", String, primary_key=True),
    Column("debts", Boolean, nullable=False),
    Column("payments", Boolean, nullable=False),
    Column("lending", Boolean, nullable=False),
    Column("patrons", Boolean, nullable=False, server_default=false()),
)
agreement_agencies = Table(
    "agreement_agencies",
    metadata,
    Column("code", ForeignKey(agreements.c.code), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    sqlite_with_rowid=False,
)

loan_policies = rule_table(
    "loan_policies", LOAN_POLICY.columns(), "patron_category", "material_group"
)

#: Trees of codes. Patrons and items may bear codes that stand in neither: those have no parent.
patron_categories = Table(
    "patron_categories",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("parent", ForeignKey("patron_categories.code")),
)
material_groups = Table(
    "material_groups",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("parent", ForeignKey("material_groups.code")),
    Column("media_type", String),  # a value of `MediaType`; NULL for what the parent says
    Column("magnetic", Boolean),
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
    Column("item_id", Integer),
    Column("patron_id", Integer, info=names("patrons.id")),
    Column("loan_id", Long),
    Column("hold_id", Long),
    Column("cause", Long),  # the event that this one follows from
    Column("request_id", String),  # the request that caused it, as log lines name it
    Column("before", Text, info=JSON),  # what held before, where that matters
    Column("after", Text, info=JSON),
    # JSON object: what statistics count by (age band, municipality...), which is no identity.
    Column("traits", Text, info=JSON),
)
#: The last event of an item is looked for with each check-out.
Index("ix_events_item", events.c.item_id, events.c.id)
_IS_OF_PATRON = text("patron_id IS NOT NULL")
#: In their order: what is asked of somebody's events is asked of the last ones. Most name nobody
#: any more.
Index("ix_events_patron", events.c.patron_id, events.c.id, sqlite_where=_IS_OF_PATRON)
_IS_OF_HOLD = text("hold_id IS NOT NULL")
Index("ix_events_hold", events.c.hold_id, sqlite_where=_IS_OF_HOLD)
#: Statistics are made of the events of a day.
Index("ix_events_at", events.c.at)

#: Events that somebody may have to be told of, until they were looked at
#: (`circulation.kernel.events`).
outbox = Table(
    "outbox",
    metadata,
    Column("follower", String, primary_key=True),
    Column("event_id", Long, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: What was moved out of the database into files: everything from before a day that nothing here
#: needs (`circulation.archiving.moving_out`). `digest` is the SHA-256 of the manifest of the files,
#: the numbers are those of the rows in them.
moves_out = Table(
    "moves_out",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("before", Date, nullable=False),
    Column("folder", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("events", Integer, nullable=False),
    Column("loans", Integer, nullable=False),
    Column("begun", Moment, nullable=False),
    Column("finished", Moment),  # when the last of the rows had left
)

#: What it costs to send an item; NULL is never. Pairs that are not here cost 1.
transport_costs = Table(
    "transport_costs",
    metadata,
    Column("from_branch_id", ForeignKey(branches.c.id), primary_key=True),
    Column("to_branch_id", ForeignKey(branches.c.id), primary_key=True),
    Column("cost", Integer),
    CheckConstraint("cost >= 0", name="cost"),
)

#: Which branches another system looks after, or did, while the library moves from it to this one
#: (`circulation.kernel.elsewhere`).
branches_elsewhere = Table(
    "branches_elsewhere",
    metadata,
    Column("branch_id", ForeignKey(branches.c.id), primary_key=True),
    Column("since", Moment, primary_key=True),
    Column("until", Moment),
    sqlite_with_rowid=False,
)

#: The branches that each float group of items floats between.
float_branches = Table(
    "float_branches",
    metadata,
    Column("float_group", String, primary_key=True),
    Column("branch_id", ForeignKey(branches.c.id), primary_key=True),
)

#: Loans, renewals and returns of a day, counted; made from the events, and of no person.
loan_statistics = Table(
    "loan_statistics",
    metadata,
    Column("day", Date, primary_key=True),
    Column("branch_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),  # a value of `EventKind`
    Column("material_group", String, primary_key=True),
    Column("category", String, primary_key=True),
    Column("age_band", String, primary_key=True),
    Column("municipality", String, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: The last run of each job for each day.
job_runs = Table(
    "job_runs",
    metadata,
    Column("job", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("ran", Moment, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("counts", Text, nullable=False),  # JSON object
)

#: What only one process does at a time, who does, and until when (see `circulation.kernel.leases`).
leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Moment, nullable=False),
)


#: The modules with the tables of the features.
SCHEMAS: Registry[ModuleType] = Registry("kernel.schema:SCHEMAS")


def all_tables() -> list[Table]:
    """Every table of both engines, each after those that it refers to."""
    import circulation.calendars.schema  # noqa: F401  the floor below, needed by few

    assert SCHEMAS.members
    return metadata.sorted_tables
