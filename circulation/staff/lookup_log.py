"""The table of the log of look-ups, apart from those of the staff: whoever looks at a patron writes
to it, and needs none of the others."""

from __future__ import annotations

from sqlalchemy import Column, Identity, Index, Integer, String, Table, text

from catalogue.database import Long, Moment, metadata
from circulation.kernel.personal import names

#: Who has looked at whom. Append-only, and without foreign keys: it outlives the patron.
lookups = Table(
    "lookups",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("actor_kind", String, nullable=False),  # a value of `Kind`
    Column("actor", String, nullable=False),
    Column("device", String, nullable=False),
    Column("branch_id", Integer),
    # NULL: a list, in which nobody was opened.
    Column("patron_id", Integer, info=names("patrons.id")),
    Column("what", String, nullable=False),  # a value of `Seen`
    Column("context", String, nullable=False),
    Column("hits", Integer),
    Column("searched", String, nullable=False),
)
_IS_OF_PATRON = text("patron_id IS NOT NULL")
#: Who has looked at somebody, and what somebody has looked at, the newest first.
Index("ix_lookups_patron", lookups.c.patron_id, lookups.c.id, sqlite_where=_IS_OF_PATRON)
Index("ix_lookups_actor", lookups.c.actor, lookups.c.id)
