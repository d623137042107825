"""The tables of this package, in the same metadata as all others.

A notice is what somebody is to be told; a message is what is sent of it, on one channel. A digest
is one message of several notices, and a notice whose first channel fails gets a second message.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnClause,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    literal_column,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import branches
from circulation.kernel.personal import CUT, DELETED, JSON
from circulation.kernel.rules import rule_table
from circulation.notices.terms import NOTICE_TERMS
from circulation.patrons.schema import patrons

notice_rules = rule_table("notice_rules", NOTICE_TERMS.columns(), "patron_category", "kind")

#: What was given to a channel, or is to be. The id is known before it is sent, and to the channel
#: where that can tell by it that it has sent the message already.
notice_messages = Table(
    "notice_messages",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("patron_id", ForeignKey(patrons.c.id), info=CUT),  # whom it is about
    Column("recipient_id", ForeignKey(patrons.c.id), info=CUT),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),  # in whose name
    Column("kind", String, nullable=False),  # a value of `NoticeKind`
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("language", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("template", String, nullable=False),
    Column("state", String, nullable=False),  # a value of `NoticeState`
    Column("attempts", SmallInteger, nullable=False),
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),  # not tried before
    Column("claimed", Moment),  # somebody is sending it since
    Column("sent", Moment),
    Column("changed", Moment, nullable=False),
    Column("reference", String, nullable=False),  # what the channel calls it
    Column("error", String, nullable=False),
    #: Its channel tells when somebody has it; until then it has reached nobody.
    Column("confirms", Boolean, nullable=False, server_default=false()),
    Column("anonymised", Moment),
    # What a person was told is listed by pages, the newest first.
    Index("ix_notice_messages_patron_id", "patron_id", "created"),
    Index("ix_notice_messages_recipient_id", "recipient_id", "created"),
)
_OPEN = "state IN ('waiting', 'sending', 'unsure')"
_IS_OPEN = text(_OPEN)
Index(
    "ix_notice_messages_open",
    notice_messages.c.due,
    notice_messages.c.id,
    sqlite_where=_IS_OPEN,
)
Index("ix_notice_messages_created", notice_messages.c.created)
_HAS_REFERENCE = text("reference <> ''")
#: Channels tell what became of a message by their own name for it.
Index(
    "ix_notice_messages_reference",
    notice_messages.c.reference,
    sqlite_where=_HAS_REFERENCE,
)

#: What somebody is to be told. `patron_id` is whom it is about, `recipient_id` who is told: the
#: patron, or a guardian. `once` is the promise that nobody is told anything twice.
notices = Table(
    "notices",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("patron_id", ForeignKey(patrons.c.id), info=CUT),
    Column("recipient_id", ForeignKey(patrons.c.id), info=CUT),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),  # whose rules hold
    Column("kind", String, nullable=False),  # a value of `NoticeKind`
    Column("once", String, unique=True),
    Column("cause", Text, nullable=False, info=JSON),  # see `circulation.notices.causes`
    Column("facts", Text, nullable=False, info=JSON),  # what the template is given besides
    Column("channels", String),  # an order of its own, in place of the rule's
    Column("failed", String, nullable=False),  # the channels that have failed, parted by blanks
    Column("state", String, nullable=False),  # a value of `NoticeState`
    Column("why", String, nullable=False),  # of a state that needs a reason
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),  # not told before
    Column("message_id", ForeignKey(notice_messages.c.id), index=True),
    Column("anonymised", Moment),
    Index("ix_notices_patron_id", "patron_id", "created"),
    Index("ix_notices_recipient_id", "recipient_id", "created"),
)
_WAITING = "state = 'waiting'"
_IS_WAITING = text(_WAITING)
Index(
    "ix_notices_waiting",
    notices.c.due,
    notices.c.recipient_id,
    sqlite_where=_IS_WAITING,
)
Index("ix_notices_created", notices.c.created)
_IS_KEPT = text("anonymised IS NULL")
#: What says something still, and will be forgotten.
Index(
    "ix_notices_kept",
    notices.c.id,
    sqlite_where=_IS_KEPT,
)

#: What patrons said that they want to be told, or not.
notice_choices = Table(
    "notice_choices",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("kind", String, primary_key=True),
    Column("wanted", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

#: Loads from another system, of which nobody is told up to a time, because the other system has
#: done so.
silent_batches = Table(
    "silent_batches",
    metadata,
    Column("name", String, primary_key=True),
    Column("until", Moment, nullable=False),
)
silent_rows = Table(
    "silent_rows",
    metadata,
    Column("noun", String, primary_key=True),  # a value of `Basis`
    Column("row_id", Long, primary_key=True, autoincrement=False),
    Column("batch", ForeignKey(silent_batches.c.name), nullable=False, index=True),
    sqlite_with_rowid=False,
)

#: Texts that patrons have sent. The gateway's id is the promise that each is answered once.
incoming_texts = Table(
    "incoming_texts",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=DELETED),
    Column("address", String, nullable=False),
    Column("body", String, nullable=False),
    Column("notice_id", ForeignKey(notices.c.id)),  # the answer
    sqlite_with_rowid=False,
)


# Few rows are found by these, however many there are: they say what the conditions of two indexes
# say, word for word.
#: Of messages: nobody knows yet that it was sent.
IS_OPEN_MESSAGE: Final = text(f"notice_messages.{_OPEN}")
#: Of notices: it has become no message yet.
IS_WAITING_NOTICE: Final = text(f"notices.{_WAITING}")


def stored(values: Iterable[Enum]) -> list[ColumnClause[str]]:
    """The values of an enumeration for ``IN``, written into the statement: they never change."""
    return [literal_column(f"'{each.value}'") for each in values]
