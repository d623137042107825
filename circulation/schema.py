"""The tables of circulation, in the same metadata as those of the catalogue.

Status is never stored: an item is on loan because an open loan says so, in transit because a
transit does, else available.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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
    Text,
    UniqueConstraint,
    text,
)

from catalogue.schema import metadata
from catalogue.statements import Moment

#: 63 bits. SQLite only keeps rows in the order of a key that is declared INTEGER.
Long = BigInteger().with_variant(Integer(), "sqlite")

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
    Column("agency_id", ForeignKey("agencies.id"), primary_key=True),
    Column("timezone", String, nullable=False),
)

#: Rules. A scope column that is NULL holds for any; a field that is NULL is left to a row of
#: wider scope (see `circulation.policy`).
loan_policies = Table(
    "loan_policies",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id")),
    Column("branch_id", ForeignKey("branches.id")),
    Column("patron_category", String),
    Column("material_group", String),
    Column("loanable", Boolean),
    Column("loan_days", Integer),
    Column("renewals", Integer),
    Column("renewal_days", Integer),
    Column("renewal_window_days", Integer),
    Column("renew_overdue", Boolean),
    Column("max_loans", Integer),
    Column("max_loans_in_group", Integer),
    Column("local_holds_first", Boolean),
    Column("hold_while_on_loan", Boolean),
    Column("on_site_only", Boolean),
    Column("loan_hours", Integer),
    Column("loan_until", String),  # 2027-06-25, or 06-25 for every year
    Column("closed_days", String),
    Column("within_card", Boolean),
    Column("renewal_from", String),
    Column("renew_unseen", Boolean),
    Column("auto_renew", Boolean),
    Column("holdable", Boolean),
    Column("max_holds", Integer),
    Column("interest_days", Integer),
    Column("pickup_days", Integer),
    Column("recall_days", Integer),
    Column("recall_notice_days", Integer),
    Column("bookable", Boolean),
    Column("booking_days_before", Integer),
    Column("booking_days_after", Integer),
    Column("max_booking_days", Integer),
    Column("before_bookings", String),
    CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
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
)

#: What the codes in an item's placement are called, by agency and level (see
#: `circulation.placement`).
placement_names = Table(
    "placement_names",
    metadata,
    Column("agency_id", ForeignKey("agencies.id"), primary_key=True),
    Column("level", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    sqlite_with_rowid=False,
)

#: The ordinary week of an agency or a branch, a row for each day on which it is open. `hours` is
#: as `circulation.opening_hours.parse_hours` reads it.
opening_hours = Table(
    "opening_hours",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id")),
    Column("branch_id", ForeignKey("branches.id")),
    Column("weekday", SmallInteger, nullable=False),  # 0 is Monday
    Column("hours", String, nullable=False),
    CheckConstraint("(agency_id IS NULL) <> (branch_id IS NULL)", name="one_owner"),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
)

#: Days unlike the week: closing days, and days with hours of their own.
special_days = Table(
    "special_days",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id")),
    Column("branch_id", ForeignKey("branches.id")),
    Column("days", String, nullable=False),  # as `circulation.days.parse_days` reads them
    Column("hours", String, nullable=False),  # empty where closed
    Column("note", String, nullable=False),
    CheckConstraint("(agency_id IS NULL) <> (branch_id IS NULL)", name="one_owner"),
)

#: Emergency closures: days on which a branch is closed whatever its calendar says. They are no
#: part of the set-up that is written as text.
closures = Table(
    "closures",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("branch_id", ForeignKey("branches.id"), nullable=False, index=True),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("reason", String, nullable=False),
    Column("announced", Moment, nullable=False),
)

patrons = Table(
    "patrons",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id"), nullable=False, index=True),
    Column("home_branch_id", ForeignKey("branches.id"), nullable=False),
    Column("category", String, nullable=False),
    Column("name", String, nullable=False),
    Column("given_name", String, nullable=False),
    Column("family_name", String, nullable=False),
    Column("pin_hash", String),
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
)

patron_identifiers = Table(
    "patron_identifiers",
    metadata,
    Column("identifier", String, primary_key=True),
    Column("patron_id", ForeignKey("patrons.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # card, login, email, national_id...
    Column("blocked", String),  # a value of `IdentifierBlock`
    Column("added", Moment, nullable=False),
    Column("expires", Date),  # the last day on which it may be used
    # What is shown in place of an identifier that is stored as a keyed hash.
    Column("masked", String),
    sqlite_with_rowid=False,
)

patron_blocks = Table(
    "patron_blocks",
    metadata,
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("reason", String, primary_key=True),  # a value of `BlockReason`
    Column("since", Moment, nullable=False),
    Column("message", String, nullable=False),
    sqlite_with_rowid=False,
)

#: A loan is open while `checked_in` is NULL. `material_group` is the item's at check-out: the
#: group whose limit the loan counts against. The patron of a loan that has ended is NULL once the
#: loan was cut from them (see `circulation.personal_data`).
loans = Table(
    "loans",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("item_id", ForeignKey("items.id"), nullable=False),
    Column("patron_id", ForeignKey("patrons.id")),
    Column("branch_id", ForeignKey("branches.id"), nullable=False),  # whose rules hold
    Column("material_group", String, nullable=False),
    Column("checked_out", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("renewals", SmallInteger, nullable=False),
    Column("checked_in", Moment),
    Column("checked_in_branch_id", ForeignKey("branches.id")),
    Column("mark", String),  # a value of `LoanMark`
    Column("marked", Moment),
    Column("suspended_until", Moment),
    # The second borrower: the pupil to whom a teacher lent the item onward.
    Column("co_patron_id", ForeignKey("patrons.id")),
    Column("recalled", Moment),  # somebody who waits has brought the due date forward
    Column("billed", Moment),  # compensation was charged for the item
)

_IS_OPEN = text("checked_in IS NULL")

#: The promise that no item is on loan twice.
Index(
    "uq_loans_open_item",
    loans.c.item_id,
    unique=True,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)
#: Counts of a patron's loans (all, overdue, of a group) are read from this index alone, those that
#: are overdue without a look at the others; SQLite does so only where the column of the condition
#: stands in it too.
Index(
    "ix_loans_open_patron",
    loans.c.patron_id,
    loans.c.due,
    loans.c.mark,
    loans.c.material_group,
    loans.c.checked_in,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)

_IS_HISTORY = text("checked_in IS NOT NULL AND patron_id IS NOT NULL")

#: The loans that have ended and still name a patron: few, because they are cut after some weeks.
Index(
    "ix_loans_history",
    loans.c.patron_id,
    loans.c.checked_in,
    sqlite_where=_IS_HISTORY,
    postgresql_where=_IS_HISTORY,
)
_HAS_CO_PATRON = text("co_patron_id IS NOT NULL")
Index(
    "ix_loans_co_patron",
    loans.c.co_patron_id,
    sqlite_where=_HAS_CO_PATRON,
    postgresql_where=_HAS_CO_PATRON,
)
_IS_RECALLED = text("recalled IS NOT NULL AND checked_in IS NULL")
Index(
    "ix_loans_recalled",
    loans.c.patron_id,
    sqlite_where=_IS_RECALLED,
    postgresql_where=_IS_RECALLED,
)
_IS_MARKED = text("mark IS NOT NULL AND checked_in IS NULL")
#: The work list of lost and claimed items.
Index(
    "ix_loans_marked",
    loans.c.branch_id,
    loans.c.marked,
    sqlite_where=_IS_MARKED,
    postgresql_where=_IS_MARKED,
)
#: The work list of overdue loans.
Index(
    "ix_loans_open_due",
    loans.c.due,
    loans.c.checked_in,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)

#: Items on their way between branches; the row goes when the item arrives or is lent.
transits = Table(
    "transits",
    metadata,
    Column("item_id", ForeignKey("items.id"), primary_key=True),
    Column("from_branch_id", ForeignKey("branches.id"), nullable=False),
    Column("to_branch_id", ForeignKey("branches.id"), nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", String, nullable=False, server_default="home"),  # a value of `TransitReason`
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
    Column("item_id", Integer, index=True),
    Column("patron_id", Integer, index=True),
    Column("loan_id", Long),
    Column("hold_id", Long, index=True),
    Column("cause", Long),  # the event that this one follows from
    Column("request_id", String),  # the request that caused it, as log lines name it
    Column("before", Text),  # JSON object: what held before, where that matters
    Column("after", Text),
    # JSON object: what statistics count by (age band, municipality...), which is no identity.
    Column("traits", Text),
)
#: Statistics are made of the events of a day.
Index("ix_events_at", events.c.at)

# Holds

#: Holds that belong together. The row is what desks lock while they deal with any of them.
hold_sets = Table(
    "hold_sets",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    CheckConstraint("kind IN ('parallel', 'serial')", name="kind"),
)

#: A hold is open while `closed` is NULL. Its place in the queue of the record is never stored: the
#: key (queue_class, priority, placed, id) orders the queue, the smallest first.
holds = Table(
    "holds",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("record_id", ForeignKey("records.id"), nullable=False),
    Column("item_id", ForeignKey("items.id")),  # only this item will do
    Column("part", String, nullable=False),  # only items of this part will do; empty: any
    Column("patron_id", ForeignKey("patrons.id"), nullable=False),
    Column("set_id", ForeignKey("hold_sets.id"), index=True),
    # In a serial set: the hold that must be finished first; NULL when it was.
    Column("waits_for", ForeignKey("holds.id")),
    Column("pickup_branch_id", ForeignKey("branches.id"), nullable=False),
    Column("queue_class", SmallInteger, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("placed", Moment, nullable=False),
    Column("activates", Date),  # the first day on which it may be served
    Column("interest_until", Date, nullable=False),  # the last
    Column("paused_from", Date),
    Column("paused_until", Date),  # NULL, where `paused_from` is set: until further notice
    Column("closed", Moment),
    Column("outcome", String),  # a value of `HoldOutcome`
    CheckConstraint("(closed IS NULL) = (outcome IS NULL)", name="closed"),
)

_HOLD_IS_OPEN = text("closed IS NULL")

Index(
    "ix_holds_open_record",
    holds.c.record_id,
    holds.c.closed,
    sqlite_where=_HOLD_IS_OPEN,
    postgresql_where=_HOLD_IS_OPEN,
)
#: The promise that a patron has one open hold on a title (or on a part of it).
Index(
    "uq_holds_open_patron",
    holds.c.patron_id,
    holds.c.record_id,
    holds.c.part,
    unique=True,
    sqlite_where=_HOLD_IS_OPEN,
    postgresql_where=_HOLD_IS_OPEN,
)
_HOLD_IS_CLOSED = text("closed IS NOT NULL")
#: Closed holds are deleted after some weeks.
Index(
    "ix_holds_closed",
    holds.c.closed,
    sqlite_where=_HOLD_IS_CLOSED,
    postgresql_where=_HOLD_IS_CLOSED,
)
Index(
    "ix_holds_open_interest",
    holds.c.interest_until,
    sqlite_where=_HOLD_IS_OPEN,
    postgresql_where=_HOLD_IS_OPEN,
)

#: Items bound to holds: on their way to the pickup branch, or on its shelf. One item for a hold,
#: one hold for an item. `released` tells that the hold needs the item no more, which lies on the
#: shelf all the same until somebody takes it away.
captures = Table(
    "captures",
    metadata,
    Column("hold_id", ForeignKey("holds.id"), primary_key=True),
    Column("item_id", ForeignKey("items.id"), nullable=False, unique=True),
    Column("patron_id", ForeignKey("patrons.id"), nullable=False),
    Column("captured", Moment, nullable=False),
    Column("shelf_branch_id", ForeignKey("branches.id")),
    Column("number", Integer),  # of the place on that shelf: says nothing of the patron
    Column("shelved", Moment),
    Column("deadline", Moment),
    Column("released", Moment),
    UniqueConstraint("shelf_branch_id", "number"),
    CheckConstraint(
        "(shelved IS NULL) = (number IS NULL) AND (shelved IS NULL) = (shelf_branch_id IS NULL)",
        name="shelved",
    ),
)

#: Holds are not served to patrons who are away; they keep their places.
patron_absences = Table(
    "patron_absences",
    metadata,
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("absent_from", Date, nullable=False),
    Column("absent_until", Date),  # the last day; NULL: until further notice
)

#: Somebody has gone to fetch the item from its shelf.
fetches = Table(
    "fetches",
    metadata,
    Column("item_id", ForeignKey("items.id"), primary_key=True),
    Column("hold_id", ForeignKey("holds.id"), nullable=False),
    Column("actor", String, nullable=False),
    Column("since", Moment, nullable=False),
)

#: What it costs to send an item; NULL is never. Pairs that are not here cost 1.
transport_costs = Table(
    "transport_costs",
    metadata,
    Column("from_branch_id", ForeignKey("branches.id"), primary_key=True),
    Column("to_branch_id", ForeignKey("branches.id"), primary_key=True),
    Column("cost", Integer),
    CheckConstraint("cost >= 0", name="cost"),
)

#: The branches that each float group of items floats between.
float_branches = Table(
    "float_branches",
    metadata,
    Column("float_group", String, primary_key=True),
    Column("branch_id", ForeignKey("branches.id"), primary_key=True),
)

# Patrons and loans in full

#: Items that are not on loan and cannot be found.
missing_items = Table(
    "missing_items",
    metadata,
    Column("item_id", ForeignKey("items.id"), primary_key=True),
    Column("since", Moment, nullable=False),
)

#: Loans accepted off line (no block) that the rules would have refused, for staff to settle.
loan_conflicts = Table(
    "loan_conflicts",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # NULL: a report that could not be booked (`circulation.off_line`), which the last five tell of.
    Column("loan_id", Long, index=True),
    Column("item_id", ForeignKey("items.id")),
    Column("patron_id", ForeignKey("patrons.id"), index=True),
    Column("branch_id", ForeignKey("branches.id"), nullable=False),
    Column("noted", Moment, nullable=False),
    Column("reasons", String, nullable=False),  # names of `Reason`, parted by commas
    Column("settled", Moment),
    Column("act", String),  # a value of `off_line.Act`
    Column("item_barcode", String),
    Column("patron_identifier", String),
    Column("happened", Moment),
    Column("due", Moment),
)
_IS_UNSETTLED = text("settled IS NULL")
Index(
    "ix_loan_conflicts_unsettled",
    loan_conflicts.c.branch_id,
    loan_conflicts.c.id,
    sqlite_where=_IS_UNSETTLED,
    postgresql_where=_IS_UNSETTLED,
)

#: Wrong PINs that were typed, as long as they count (see `circulation.pin_rules`).
pin_failures = Table(
    "pin_failures",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("patron_id", ForeignKey("patrons.id"), nullable=False),
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
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("pickup_branch_id", ForeignKey("branches.id")),
    Column("interest_days", SmallInteger),
)

#: Where a patron can be reached. Addresses and numbers count as verified once the patron has
#: shown that they are theirs.
patron_contacts = Table(
    "patron_contacts",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("patron_id", ForeignKey("patrons.id"), nullable=False),
    Column("kind", String, nullable=False),  # a value of `ContactKind`
    Column("value", String, nullable=False),
    Column("notices", Boolean, nullable=False),  # may notices be sent there
    Column("added", Moment, nullable=False),
    Column("verified", Moment),
    UniqueConstraint("patron_id", "kind", "value"),
)

#: Who answers for a child.
patron_guardians = Table(
    "patron_guardians",
    metadata,
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("guardian_id", ForeignKey("patrons.id"), primary_key=True, index=True),
    Column("since", Moment, nullable=False),
    Column("sees_account", Boolean, nullable=False),
    CheckConstraint("patron_id <> guardian_id", name="two_persons"),
)

#: Consents that hold: one that is withdrawn is deleted, and events tell its history.
patron_consents = Table(
    "patron_consents",
    metadata,
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("kind", String, primary_key=True),  # a value of `Consent`
    Column("given", Moment, nullable=False),
)

#: Trees of groups: school, form, class.
patron_groups = Table(
    "patron_groups",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id"), nullable=False),
    Column("parent_id", ForeignKey("patron_groups.id"), index=True),
    Column("name", String, nullable=False),
    UniqueConstraint("agency_id", "parent_id", "name"),
)
patron_group_members = Table(
    "patron_group_members",
    metadata,
    Column("group_id", ForeignKey("patron_groups.id"), primary_key=True),
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True, index=True),
)

#: Who of the staff looked at whom. No foreign key: the log outlives the patron.
access_log = Table(
    "access_log",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("actor", String, nullable=False),
    Column("device", String, nullable=False),
    Column("branch_id", Integer),
    Column("patron_id", Integer, nullable=False, index=True),
    Column("purpose", String, nullable=False),
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

#: What only one process does at a time, who does, and until when (see `circulation.leases`).
leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Moment, nullable=False),
)

#: How many days after its return a loan is kept with its patron, where an agency sets it.
history_settings = Table(
    "history_settings",
    metadata,
    Column("agency_id", ForeignKey("agencies.id"), primary_key=True),
    Column("days", SmallInteger, nullable=False),
    CheckConstraint("days >= 0", name="days"),
)

# Terminals, partners and sorting

#: How terminals of a kind are spoken to. `options` is a JSON object, whose names belong to the
#: protocol of the terminals.
terminal_profiles = Table(
    "terminal_profiles",
    metadata,
    Column("code", String, primary_key=True),
    Column("options", Text, nullable=False),
)

#: Machines that log in: self-service, sorters, gates, desks.
terminals = Table(
    "terminals",
    metadata,
    Column("login", String, primary_key=True),
    Column("password", String, nullable=False),  # argon2 hash
    Column("branch_id", ForeignKey("branches.id"), nullable=False),
    # May a message name another branch of the agency as the place where it happens?
    Column("any_branch", Boolean, nullable=False),
    Column("profile", ForeignKey("terminal_profiles.code")),
    Column("sorting", String),  # a scheme of `sort_rules`
    Column("options", Text),  # a JSON object: what this one has otherwise than its profile
)

#: Other agencies and brokers that send requests (NCIP, ISO 18626), by the name that they go by.
#: `options` is a JSON object, whose names belong to the protocol.
partners = Table(
    "partners",
    metadata,
    Column("agency", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("branch_id", ForeignKey("branches.id"), nullable=False),  # where its work is done
    Column("shared_secret", String),  # argon2 hash
    Column("options", Text, nullable=False),
)

#: Into which bin a sorter drops an item: of each scheme the first rule that holds. A condition
#: that is NULL holds always.
sort_rules = Table(
    "sort_rules",
    metadata,
    Column("scheme", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("bin", String, nullable=False),
    Column("destination", String),  # the name of a `Destination`
    Column("to_branch_id", ForeignKey("branches.id")),
    Column("material_group", String),
    Column("department", String),
    Column("location", String),
    Column("sublocation", String),
    Column("section", String),
    Column("call_number_from", String),
    Column("call_number_to", String),
    Column("held", Boolean),  # is it for a patron who waits for it?
    Column("home_branch_id", ForeignKey("branches.id")),
)

#: What an agency asks of its patrons' PINs; NULL is what is built in.
pin_settings = Table(
    "pin_settings",
    metadata,
    Column("agency_id", ForeignKey("agencies.id"), primary_key=True),
    Column("minimum_length", SmallInteger),
    Column("digits_only", Boolean),
    Column("tries_at_device", SmallInteger),
    Column("tries_in_all", SmallInteger),
    Column("lock_minutes", SmallInteger),
)

# Answers kept, and what machines have told

#: Answers to requests that have done something, for machines that ask again (see
#: `circulation.replies`). They are deleted after a day; so few that no other index pays.
replies = Table(
    "replies",
    metadata,
    Column("account", String, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    # Whoever deals with the item makes the answer stale, or with the patron as well.
    Column("item_id", Integer),
    Column("patron_id", ForeignKey("patrons.id")),
    Column("by_patron", Boolean, nullable=False),
    Column("mark", Long, nullable=False),  # the last event when the answer was kept
    sqlite_with_rowid=False,
)

#: What accounts of machines have sent, and what they get wrong, counted by name.
terminal_counts = Table(
    "terminal_counts",
    metadata,
    Column("account", String, primary_key=True),  # empty: before any login
    Column("name", String, primary_key=True),
    Column("count", Long, nullable=False),
    Column("last", Moment, nullable=False),
    sqlite_with_rowid=False,
)

#: What machines have written down of items, in words of their own (SIP2's item properties).
item_properties = Table(
    "item_properties",
    metadata,
    Column("item_id", ForeignKey("items.id"), primary_key=True),
    Column("properties", String, nullable=False),
    Column("changed", Moment, nullable=False),
)

# Accession and receiving

#: What new items are given, by place, material group and material type of the record. A scope
#: column that is NULL holds for any; a field that is NULL is left to a row of wider scope
#: (see `circulation.item_defaults`).
item_defaults = Table(
    "item_defaults",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id")),
    Column("branch_id", ForeignKey("branches.id")),
    Column("material_group", String),
    Column("material_type", String),
    Column("gives_group", String),
    Column("price", Integer),
    Column("currency", String(3)),
    Column("department", String),
    Column("location", String),
    Column("sublocation", String),
    Column("section", String),
    Column("float_group", String),
    Column("call_number", String),  # an access point whose number becomes the call number
    CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
    CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price"),
)

#: Where barcodes of new items come from. All but `next_number` is set-up.
barcode_ranges = Table(
    "barcode_ranges",
    metadata,
    Column("code", String, primary_key=True),
    Column("agency_id", ForeignKey("agencies.id")),
    Column("branch_id", ForeignKey("branches.id")),
    Column("prefix", String, nullable=False),
    Column("first_number", Long, nullable=False),
    Column("last_number", Long, nullable=False),
    Column("digits", SmallInteger, nullable=False),
    Column("check_digit", Boolean, nullable=False),
    Column("next_number", Long, nullable=False),
    CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
)

#: What suppliers have announced. One is closed when all of it has come, or nothing more is to.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("supplier", String, nullable=False),
    Column("order_number", String, nullable=False),
    Column("branch_id", ForeignKey("branches.id"), nullable=False),
    Column("expected", Date),
    Column("announced", Moment, nullable=False),
    Column("closed", Moment),
    UniqueConstraint("supplier", "order_number"),
)
_DELIVERY_IS_OPEN = text("closed IS NULL")
#: The work list of overdue deliveries.
Index(
    "ix_deliveries_open_expected",
    deliveries.c.expected,
    deliveries.c.id,
    sqlite_where=_DELIVERY_IS_OPEN,
    postgresql_where=_DELIVERY_IS_OPEN,
)

#: So many copies of a title in a delivery; a line with a barcode is one item.
delivery_lines = Table(
    "delivery_lines",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("record_id", ForeignKey("records.id"), nullable=False, index=True),
    Column("number", String, nullable=False, index=True),  # as `catalogue.standard_numbers` has it
    Column("barcode", String, unique=True),
    Column("branch_id", ForeignKey("branches.id"), nullable=False),
    Column("copies", Integer, nullable=False),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("material_group", String, nullable=False),
    Column("price", Integer),
    Column("currency", String(3)),
    Column("department", String, nullable=False),
    Column("location", String, nullable=False),
    Column("sublocation", String, nullable=False),
    Column("section", String, nullable=False),
    Column("call_number", String, nullable=False),
    CheckConstraint("received BETWEEN 0 AND copies", name="received"),
    CheckConstraint("barcode IS NULL OR copies = 1", name="one_item"),
    CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price"),
)

#: What was scanned in receiving and nobody had announced, for staff to settle.
unexpected_items = Table(
    "unexpected_items",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("branch_id", ForeignKey("branches.id"), nullable=False),
    Column("scanned", String, nullable=False),
    Column("noted", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("item_id", ForeignKey("items.id")),  # where it was taken in all the same
    Column("settled", Moment),
)
_UNEXPECTED_IS_OPEN = text("settled IS NULL")
Index(
    "ix_unexpected_items_open",
    unexpected_items.c.noted,
    unexpected_items.c.id,
    sqlite_where=_UNEXPECTED_IS_OPEN,
    postgresql_where=_UNEXPECTED_IS_OPEN,
)

#: What partners call the holds that they have placed, so that they can speak of them.
partner_requests = Table(
    "partner_requests",
    metadata,
    Column("agency", String, primary_key=True),
    Column("request_id", String, primary_key=True),
    Column("hold_id", ForeignKey("holds.id", ondelete="CASCADE"), nullable=False, index=True),
)

# The tables of the packages join the metadata with these.
import circulation.booking.schema  # noqa: E402
import circulation.digital_post.schema  # noqa: E402
import circulation.dunning.schema  # noqa: E402
import circulation.fees.schema  # noqa: E402
import circulation.interlending.schema  # noqa: E402
import circulation.notices.schema  # noqa: E402, F401
