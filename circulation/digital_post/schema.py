"""The tables of this package, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Identity,
    LargeBinary,
    String,
    Table,
    Text,
)

from catalogue.database import Long, Moment, metadata
from circulation.patrons.schema import patrons

#: National numbers under the key of the configuration (see `circulation.digital_post.seals`).
#: Written only where Digital Post is in use.
sealed_numbers = Table(
    "sealed_numbers",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("kept", Moment, nullable=False),
    sqlite_with_rowid=False,
)

#: What was told of messages, as it came, whether or not the message is known. `name` is what the
#: sender of the receipt calls it: the promise that it is taken in once.
post_receipts = Table(
    "post_receipts",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("message_uuid", String, nullable=False, index=True),
    Column("message_id", Long, index=True),  # of `notice_messages`; NULL where it is none of ours
    Column("transmission_id", String, nullable=False),  # what the platform calls the sending
    Column("channel", String, nullable=False),  # as the receipt calls it
    Column("status", String, nullable=False),  # as the receipt calls it
    Column("error_code", String, nullable=False),
    Column("error_text", Text, nullable=False),
    Column("at", Moment, nullable=False),  # when it came about
    Column("received", Moment, nullable=False),
)
