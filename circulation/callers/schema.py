"""The tables of terminals and partners, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import branches
from circulation.kernel.personal import DELETED, JSON, SECRET
from circulation.patrons.schema import patrons

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
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    # May a message name another branch of the agency as the place where it happens?
    Column("any_branch", Boolean, nullable=False),
    Column("profile", ForeignKey(terminal_profiles.c.code)),
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
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),  # where its work is done
    Column("shared_secret", String),  # argon2 hash
    Column("options", Text, nullable=False),
)

#: Lists of partners that are taken in from files; `options` is what is agreed with all of them.
partner_registries = Table(
    "partner_registries",
    metadata,
    Column("code", String, primary_key=True),
    Column("file", String, nullable=False),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("options", Text, nullable=False),
)

#: The partners that the files have. One that has gone stays as long as something is under way.
registered_partners = Table(
    "registered_partners",
    metadata,
    Column("key", String, primary_key=True),  # the agency, folded
    Column("agency", String, nullable=False),
    Column("registry", String, nullable=False),  # a code of `partner_registries`
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("account", String, nullable=False),
    Column("secret", String, nullable=False, info=SECRET),  # we show it at the partner's address
    Column("is_closed", Boolean, nullable=False),  # for orders
    Column("gone", Moment),
)

#: Answers to requests that have done something, for machines that ask again (see
#: `circulation.callers.replies`). They are deleted after a day, or after their `until`; so few that
#: no other index pays.
replies = Table(
    "replies",
    metadata,
    Column("account", String, primary_key=True),
    Column("digest", LargeBinary, primary_key=True, info=SECRET),
    Column("at", Moment, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    # Whoever deals with the item makes the answer stale, or with the patron as well.
    Column("item_id", Integer),
    Column("patron_id", ForeignKey(patrons.c.id), info=DELETED),
    Column("by_patron", Boolean, nullable=False),
    Column("mark", Long, nullable=False),  # the last event when the answer was kept
    Column("until", Moment),
    sqlite_with_rowid=False,
)

#: The same for what was done with an item, which is most of them: each stands beside what was the
#: item's last event, and holds as long as it is. Event by event they are written at the end of the
#: table, where a digest would put each into a page of its own.
item_replies = Table(
    "item_replies",
    metadata,
    Column("event_id", Long, primary_key=True, autoincrement=False),  # 0: there was none
    Column("account", String, primary_key=True),
    Column("digest", LargeBinary, primary_key=True, info=SECRET),
    Column("at", Moment, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("patron_id", ForeignKey(patrons.c.id), info=DELETED),
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

#: What machines refused to patrons a short while ago, so that a desk goes on from there.
machine_refusals = Table(
    "machine_refusals",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("machine", String, nullable=False),  # the login of its account
    Column("barcode", String, nullable=False),
    Column("patron_id", ForeignKey(patrons.c.id), nullable=False, index=True, info=DELETED),
    Column("reasons", Text, nullable=False, info=JSON),  # an array of names of `Reason`
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
    Column("to_branch_id", ForeignKey(branches.c.id)),
    Column("material_group", String),
    Column("department", String),
    Column("location", String),
    Column("sublocation", String),
    Column("section", String),
    Column("call_number_from", String),
    Column("call_number_to", String),
    Column("held", Boolean),  # is it for a patron who waits for it?
    Column("home_branch_id", ForeignKey(branches.c.id)),
)
