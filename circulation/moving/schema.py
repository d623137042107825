"""The tables of this package, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from catalogue.database import Long, Moment, metadata

#: Which row of ours stands for a row of the other system. `source` is the name of the plan, `kind`
#: what it is, `key` what the other system calls it (a national number as a keyed hash, as
#: everywhere). `checksum` is of what was read last: an unchanged row is passed over. Where a later
#: delivery no longer has the row, `gone` says since when.
moved_rows = Table(
    "moved_rows",
    metadata,
    Column("source", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("row_id", Long, nullable=False),
    Column("checksum", Long, nullable=False),
    Column("gone", Moment),
    sqlite_with_rowid=False,
)
Index("ix_moved_rows_row_id", moved_rows.c.row_id, moved_rows.c.kind)

#: How many rows the last whole delivery of a kind had: a much shorter one is taken for broken. Of
#: kinds that come together, as ``newest KINDS``, the newest time in their files; as
#: ``delivery KINDS DIGEST`` each delivery that was taken, whose `rows` is its number.
moved_deliveries = Table(
    "moved_deliveries",
    metadata,
    Column("source", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
