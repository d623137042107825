"""The tables of what is harvested from others, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from catalogue.database import Moment, metadata

#: From whom records are harvested, and how far. A list is under way where `list_begun` is known: it
#: goes on with `token`, and from its beginning where that is empty.
harvest_sources = Table(
    "harvest_sources",
    metadata,
    Column("name", String, primary_key=True),
    Column("asked", String, nullable=False),  # address, format and set, with blanks between
    Column("since", Moment),  # what the next list is asked from; NULL: from the beginning
    Column("is_wanted", Boolean, nullable=False),  # now, whatever the hour
    Column("last_begun", Moment, nullable=False),  # of a list; at first, of the source itself
    Column("list_begun", Moment),
    Column("list_date", Moment),  # by the clock of the source: what comes after it, is asked next
    Column("token", Text, nullable=False),
    Column("restarts", Integer, nullable=False),  # of the list, since its token was none any more
    Column("counts", Text, nullable=False),  # of the list under way or the last one, as JSON
    Column("last_finished", Moment),
    Column("tries", Integer, nullable=False),  # that have failed in a row
    Column("next_try", Moment),
    Column("problem", Text, nullable=False),  # of the last of them; empty where all is well
)

#: Which records have come under an identifier of a source. The record may be gone since, or merged.
harvested_records = Table(
    "harvested_records",
    metadata,
    Column("source", String, primary_key=True),
    Column("identifier", String, primary_key=True),
    Column("record_id", Integer, primary_key=True, autoincrement=False),
    Index("ix_harvested_records_record_id", "record_id"),
    sqlite_with_rowid=False,
)

#: What people have to look at: `kind` is one of `circulation.harvesting.rows.ProblemKind`.
harvest_problems = Table(
    "harvest_problems",
    metadata,
    Column("source", String, primary_key=True),
    Column("identifier", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("record_id", Integer),  # in the catalogue, where it is there
    Column("problem", Text, nullable=False),
    Column("since", Moment, nullable=False),
    sqlite_with_rowid=False,
)
