"""The tables of patrons, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    func,
    text,
)

from catalogue.database import Moment, metadata
from catalogue.schema import agencies, branches
from circulation.kernel.personal import DELETED, DERIVED, SECRET

patrons = Table(
    "patrons",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id), nullable=False, index=True),
    Column("home_branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("category", String, nullable=False),
    Column("name", String, nullable=False),
    Column("given_name", String, nullable=False),
    Column("family_name", String, nullable=False),
    Column("pin_hash", String, info=SECRET),
    Column("language", String, nullable=False),  # BCP 47
    Column("birth_date", Date),
    Column("email", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("expires", Date),  # the last day on which the patron may borrow
    Column("note", String, nullable=False),
    Column("created", Moment, nullable=False),
    Column("kind", String, nullable=False, server_default="person"),  # a value of `PatronKind`
    # The code of the municipality where the patron lives, for statistics.
    Column("municipality", String, nullable=False, server_default=""),
    # By the register of persons: where they live and how they are reached is told to few.
    Column("is_protected", Boolean, nullable=False, server_default=false()),
)

patron_identifiers = Table(
    "patron_identifiers",
    metadata,
    Column("identifier", String, primary_key=True),
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, info=DELETED),
    Column("kind", String, nullable=False),  # card, login, email, national_id...
    Column("blocked", String),  # a value of `IdentifierBlock`
    Column("added", Moment, nullable=False),
    Column("expires", Date),  # the last day on which it may be used
    # What is shown in place of an identifier that is stored as a keyed hash.
    Column("masked", String),
    sqlite_with_rowid=False,
)
#: See `catalogue.database.typed_codes`.
Index("ix_patron_identifiers_small", func.lower(patron_identifiers.c.identifier))
#: The card that somebody goes by (`circulation.patrons.facts.card_of`) is the first row of theirs.
Index(
    "ix_patron_identifiers_card",
    patron_identifiers.c.patron_id,
    patron_identifiers.c.kind,
    patron_identifiers.c.blocked,
    text("(masked IS NOT NULL)"),
    patron_identifiers.c.added.desc(),
    patron_identifiers.c.identifier,
    patron_identifiers.c.masked,
)

#: National numbers under the key of the configuration (see `circulation.patrons.seals`).
#: Written only where Digital Post is in use.
sealed_numbers = Table(
    "sealed_numbers",
    metadata,
    Column(
        "patron_id", ForeignKey(patrons.c.id), primary_key=True, autoincrement=False, info=DELETED
    ),
    Column("sealed", LargeBinary, nullable=False, info=SECRET),
    Column("kept", Moment, nullable=False),
    sqlite_with_rowid=False,
)

#: A block is an agency's, and concerns its branches; one without an agency concerns all.
patron_blocks = Table(
    "patron_blocks",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, info=DELETED),
    Column("reason", String, nullable=False),  # a value of `BlockReason`
    Column("agency_id", ForeignKey(agencies.c.id)),
    Column("since", Moment, nullable=False),
    Column("message", String, nullable=False),
    Column("ends", Date),  # the day on which it is lifted; NULL: until staff lift it
    UniqueConstraint("patron_id", "reason", "agency_id"),
)
_IS_EVERYWHERE = patron_blocks.c.agency_id.is_(None)
#: One for all agencies is once, too: a unique constraint takes no two NULLs for the same.
Index(
    "uq_patron_blocks_everywhere",
    patron_blocks.c.patron_id,
    patron_blocks.c.reason,
    unique=True,
    sqlite_where=_IS_EVERYWHERE,
)

#: Wrong PINs that were typed, as long as they count (see `circulation.patrons.pin_rules`).
pin_failures = Table(
    "pin_failures",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, info=DELETED),
    Column("device", String, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
    Index("ix_pin_failures_patron_id", "patron_id", "expires"),
    Index("ix_pin_failures_device", "device", "expires"),
)
#: Devices at which no PIN is believed for a while.
locked_devices = Table(
    "locked_devices",
    metadata,
    Column("device", String, primary_key=True),
    Column("until", Moment, nullable=False),
)

#: What patrons chose for themselves; a missing row chose nothing.
patron_preferences = Table(
    "patron_preferences",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("pickup_branch_id", ForeignKey(branches.c.id)),
    Column("interest_days", SmallInteger),
)

#: Where a patron can be reached. Addresses and numbers count as verified once the patron has
#: shown that they are theirs.
patron_contacts = Table(
    "patron_contacts",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, info=DELETED),
    Column("kind", String, nullable=False),  # a value of `ContactKind`
    Column("value", String, nullable=False),
    Column("notices", Boolean, nullable=False),  # may notices be sent there
    Column("added", Moment, nullable=False),
    Column("verified", Moment),
    UniqueConstraint("patron_id", "kind", "value"),
)

#: Where a patron lives, and may be written to.
patron_addresses = Table(
    "patron_addresses",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, index=True, info=DELETED),
    Column("kind", String, nullable=False),  # a value of `Dwelling`
    Column("lines", String, nullable=False),
    Column("street", String, nullable=False),
    Column("house_number", String, nullable=False),
    Column("postal_code", String, nullable=False),
    Column("city", String, nullable=False),
    Column("country", String, nullable=False),  # ISO 3166-1, empty: the library's
    Column("valid_from", Date),
    Column("valid_until", Date),  # the last day
    Column("notices", Boolean, nullable=False),  # may letters be sent there
    Column("added", Moment, nullable=False),
)

#: The words that a search finds patrons by (see `circulation.patrons.search_words`). It is made of
#: the other tables; agency and death are repeated, so that one index has all that a search is
#: bounded by.
patron_words = Table(
    "patron_words",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("word", LargeBinary, primary_key=True),
    Column("is_protected", Boolean, nullable=False),  # tells where a protected patron lives
    Column("agency_id", Integer, nullable=False),  # the patron's
    Column("is_deceased", Boolean, nullable=False),
    info=DERIVED,
    sqlite_with_rowid=False,
)
_words = patron_words.c
_found = _words.is_deceased, _words.word, _words.patron_id
Index("ix_patron_words_agency_id", _words.agency_id, *_found, _words.is_protected)
Index("ix_patron_words_is_deceased", *_found, _words.agency_id, _words.is_protected)

#: Who answers for a child.
patron_guardians = Table(
    "patron_guardians",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("guardian_id", ForeignKey(patrons.c.id), primary_key=True, index=True, info=DELETED),
    Column("since", Moment, nullable=False),
    Column("sees_account", Boolean, nullable=False),
    CheckConstraint("patron_id <> guardian_id", name="two_persons"),
)

#: Consents that hold: one that is withdrawn is deleted, and events tell its history.
patron_consents = Table(
    "patron_consents",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("kind", String, primary_key=True),  # a value of `Consent`
    Column("given", Moment, nullable=False),
)

#: Trees of groups: school, form, class.
patron_groups = Table(
    "patron_groups",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id), nullable=False),
    Column("parent_id", ForeignKey("patron_groups.id"), index=True),
    Column("name", String, nullable=False),
    UniqueConstraint("agency_id", "parent_id", "name"),
)
patron_group_members = Table(
    "patron_group_members",
    metadata,
    Column("group_id", ForeignKey(patron_groups.c.id), primary_key=True),
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, index=True, info=DELETED),
)

#: How many days after its return a loan is kept with its patron, where an agency sets it.
history_settings = Table(
    "history_settings",
    metadata,
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("days", SmallInteger, nullable=False),
    CheckConstraint("days >= 0", name="days"),
)

#: What an agency asks of its patrons' PINs; NULL is what is built in.
pin_settings = Table(
    "pin_settings",
    metadata,
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("minimum_length", SmallInteger),
    Column("digits_only", Boolean),
    Column("tries_at_device", SmallInteger),
    Column("tries_in_all", SmallInteger),
    Column("lock_minutes", SmallInteger),
)

#: The key of the numbers by which others know patrons (`circulation.patrons.public_ids`): one row.
public_id_key = Table(
    "public_id_key",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False, info=SECRET),
    CheckConstraint("id = 1", name="id"),
)
