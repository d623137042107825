"""The tables of holdings that others are told of, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from catalogue.database import Long, Moment, metadata

#: Who is told, and how far: all changes of items with a number up to `position` were told, or are
#: among the refused. Where all is told again, that has come to `full_position` and ends with the
#: number `full_upto`.
holdings_sinks = Table(
    "holdings_sinks",
    metadata,
    Column("name", String, primary_key=True),
    Column("agencies", String, nullable=False),  # ISILs with blanks between; empty: all
    Column("position", Long, nullable=False),
    Column("full_position", Long),
    Column("full_upto", Long),
    Column("tries", Integer, nullable=False),  # that have failed in a row
    Column("next_try", Moment),
    Column("problem", String, nullable=False),  # of the last of them; empty where all is well
    Column("told", Long, nullable=False),  # records, from the beginning
    Column("last_told", Moment),
)

#: What each was told last of what an agency has of a record, under the number that the record had:
#: as a digest, and by barcodes. There is no row where it was told that there is nothing. While it
#: is being told, and as long as it has not answered, the digest is empty: it may know the one or
#: the other, and barcodes are those of both.
holdings_sent = Table(
    "holdings_sent",
    metadata,
    Column("sink", String, primary_key=True),
    Column("record_id", Integer, primary_key=True, autoincrement=False),
    Column("agency_id", Integer, primary_key=True, autoincrement=False),
    Column("known_as", String, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("barcodes", Text, nullable=False),  # with line feeds between
    Index("ix_holdings_sent_known_as", "sink", "known_as", "agency_id"),
    sqlite_with_rowid=False,
)

#: Records that a sink would not take; they are tried again, and others meanwhile.
holdings_refused = Table(
    "holdings_refused",
    metadata,
    Column("sink", String, primary_key=True),
    Column("record_id", Integer, primary_key=True, autoincrement=False),
    Column("problem", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("next_try", Moment, nullable=False),
    sqlite_with_rowid=False,
)
