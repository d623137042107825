"""The tables of this package, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import Column, Identity, String, Table, Text

from catalogue.database import Long, Moment, metadata
from circulation.kernel.personal import names

#: What was told of messages, as it came, whether or not the message is known. `name` is what the
#: sender of the receipt calls it: the promise that it is taken in once.
post_receipts = Table(
    "post_receipts",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("message_uuid", String, nullable=False, index=True),
    Column("message_id", Long, index=True, info=names("notice_messages.id")),  # NULL: none of ours
    Column("transmission_id", String, nullable=False),  # what the platform calls the sending
    Column("channel", String, nullable=False),  # as the receipt calls it
    Column("status", String, nullable=False),  # as the receipt calls it
    Column("error_code", String, nullable=False),
    Column("error_text", Text, nullable=False),
    Column("at", Moment, nullable=False),  # when it came about
    Column("received", Moment, nullable=False),
)
