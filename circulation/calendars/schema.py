"""The tables of calendars, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    String,
    Table,
)

from catalogue.database import Moment, metadata
from catalogue.schema import agencies, branches

#: The ordinary week of an agency or a branch, a row for each day on which it is open. `hours` is
#: as `circulation.calendars.opening_hours.parse_hours` reads it.
opening_hours = Table(
    "opening_hours",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id)),
    Column("branch_id", ForeignKey(branches.c.id)),
    Column("weekday", SmallInteger, nullable=False),  # 0 is Monday
    Column("hours", String, nullable=False),
    CheckConstraint("(agency_id IS NULL) <> (branch_id IS NULL)", name="one_owner"),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
)

#: Special days: closing days, and days with hours of their own.
special_days = Table(
    "special_days",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id)),
    Column("branch_id", ForeignKey(branches.c.id)),
    Column("days", String, nullable=False),  # as `circulation.calendars.days.parse_days` reads them
    Column("hours", String, nullable=False),  # empty if closed
    Column("note", String, nullable=False),
    CheckConstraint("(agency_id IS NULL) <> (branch_id IS NULL)", name="one_owner"),
)

#: Emergency closures: days on which a branch is closed whatever its calendar says. They are not
#: part of the set-up that is written as text.
closures = Table(
    "closures",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False, index=True),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("reason", String, nullable=False),
    Column("announced", Moment, nullable=False),
    Column("alternative_id", Integer),  # the branch where holds are fetched meanwhile
)
