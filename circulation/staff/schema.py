"""The tables of staff and of who is signed in, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import agencies, branches
from circulation.kernel.personal import DELETED, JSON, SECRET
from circulation.patrons.schema import patrons

#: Roles of the set-up; those that are built in stand in `circulation.staff.roles`.
roles = Table(
    "roles",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("rights", Text, nullable=False, info=JSON),  # an array of values of `Right`
)

#: What an agency asks of its staff's sign-in; NULL is what is built in.
staff_settings = Table(
    "staff_settings",
    metadata,
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("minimum_length", SmallInteger),
    Column("second_factor", String),
    Column("known_networks", Text),
    Column("idle_minutes", SmallInteger),
    Column("session_hours", SmallInteger),
    Column("patron_idle_minutes", SmallInteger),
    Column("patron_session_minutes", SmallInteger),
    Column("lookup_days", SmallInteger),
)

#: Accounts are never deleted: events name them. Whoever has left is disabled.
staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("user_name", String, nullable=False, unique=True),  # folded
    Column("name", String, nullable=False),
    Column("email", String, nullable=False),
    Column("language", String, nullable=False),  # BCP 47; empty: that of the house
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("password_hash", String, info=SECRET),  # NULL: signs in another way, or not at all
    Column("password_changed", Moment),
    Column("waiving_limit", Long),  # minor units; NULL is no bound
    Column("preferences", Text, nullable=False, info=JSON),
    Column("created", Moment, nullable=False),
    Column("disabled", Moment),
)

#: The roles of an account, each at a branch, at an agency or (neither) everywhere.
staff_roles = Table(
    "staff_roles",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("staff_id", ForeignKey(staff_accounts.c.id), nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("agency_id", ForeignKey(agencies.c.id)),
    Column("branch_id", ForeignKey(branches.c.id)),
)

#: Who an account is to providers of single sign-on.
staff_identities = Table(
    "staff_identities",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("staff_id", ForeignKey(staff_accounts.c.id), nullable=False, index=True),
    sqlite_with_rowid=False,
)

#: Secrets of one-time passwords under the key of the configuration (`circulation.staff.totp`).
#: `pending` is one whose owner has not shown yet that they have it.
second_factors = Table(
    "second_factors",
    metadata,
    Column("staff_id", ForeignKey(staff_accounts.c.id), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, info=SECRET),
    Column("pending", LargeBinary, info=SECRET),
    Column("last_step", Long, nullable=False),  # of the last code: none is taken twice
)
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("staff_id", ForeignKey(staff_accounts.c.id), primary_key=True),
    Column("digest", LargeBinary, primary_key=True, info=SECRET),
    sqlite_with_rowid=False,
)

#: Public keys of authenticators (WebAuthn); one that is removed is deleted.
passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("staff_id", ForeignKey(staff_accounts.c.id), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),  # a COSE key
    Column("sign_count", Long, nullable=False),
    Column("name", String, nullable=False),
    Column("created", Moment, nullable=False),
    Column("used", Moment),
)
#: What authenticators were asked to sign and have not yet; `staff_id` is of who makes a passkey.
passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("staff_id", ForeignKey(staff_accounts.c.id)),
    Column("expires", Moment, nullable=False, index=True),
    sqlite_with_rowid=False,
)

#: Wrong passwords, as long as they count (see `circulation.staff.wrong_passwords`).
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name_number", Integer, nullable=False),
    Column("address", String, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
    Index("ix_sign_in_failures_name_number", "name_number", "expires"),
    Index("ix_sign_in_failures_address", "address", "expires"),
)

#: Desks that have been registered. Whoever signs in there works at that branch.
workstations = Table(
    "workstations",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("key_digest", LargeBinary, unique=True, info=SECRET),
    Column("printer", Text, nullable=False, info=JSON),  # a `Printer`
    Column("registered", Moment),  # when its present key was made
)

#: Bots and web sites. One that is revoked stays, since events name it.
programs = Table(
    "programs",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("client_id", String, nullable=False, unique=True),
    Column("name", String, nullable=False, unique=True),
    Column("secret_digest", LargeBinary, nullable=False, info=SECRET),
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),
    Column("is_of_all", Boolean, nullable=False),  # do its rights hold at all agencies?
    Column("rights", Text, nullable=False, info=JSON),  # an array of values of `Right`
    Column("requests_per_minute", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
    # Of an app: for whom it works with their consent, a value of `Kind`; NULL: in its own name.
    Column("acts_for", String),
    Column("redirect_uris", Text, info=JSON),  # an array
)

#: Codes and refresh tokens of apps (see `circulation.staff.app_tokens`).
app_tokens = Table(
    "app_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True, info=SECRET),
    Column("family", LargeBinary, nullable=False, index=True, info=SECRET),
    Column("program_id", ForeignKey(programs.c.id), nullable=False, index=True),
    Column("staff_id", ForeignKey(staff_accounts.c.id), index=True),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=DELETED),
    Column("scope", Text, nullable=False),
    Column("redirect_uri", Text),  # of a code, as its challenge is
    Column("challenge", String),
    Column("expires", Moment, nullable=False),
    Column("ends", Moment, nullable=False, index=True),  # of the consent
    Column("used", Moment),
    sqlite_with_rowid=False,
)

#: PINs by which somebody takes the screen over at a desk where they have signed in that day.
staff_pins = Table(
    "staff_pins",
    metadata,
    Column("staff_id", ForeignKey(staff_accounts.c.id), primary_key=True, autoincrement=False),
    Column("pin_hash", String, nullable=False, info=SECRET),
)
desk_sign_ins = Table(
    "desk_sign_ins",
    metadata,
    Column("staff_id", ForeignKey(staff_accounts.c.id), primary_key=True),
    Column("workstation_id", ForeignKey(workstations.c.id), primary_key=True),
    Column("signed_in", Moment, nullable=False),
    Column("wrong_pins", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: Who is signed in: of staff, patron and program one, or an app (a program) for one of the others.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True, info=SECRET),  # of the token
    Column("staff_id", ForeignKey(staff_accounts.c.id), index=True),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=DELETED),
    Column("program_id", ForeignKey(programs.c.id), index=True),
    Column("workstation_id", ForeignKey(workstations.c.id), index=True),
    Column("address", String, nullable=False),
    Column("methods", String, nullable=False),  # words: see `Session`
    Column("is_limited", Boolean, nullable=False),  # only to set up a second factor
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("idle_minutes", Integer),  # NULL: it may be idle
    Column("expires", Moment, nullable=False, index=True),
    Column("scope", Text),  # of an app, or of a realm that has scopes
    Column("family", LargeBinary, index=True, info=SECRET),  # the same as of its refresh tokens
    sqlite_with_rowid=False,
)

#: What the printers of workstations are to print. A job is over once it has no `next_try`: it was
#: printed, and its content is gone, or it was given up.
print_jobs = Table(
    "print_jobs",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("workstation_id", ForeignKey(workstations.c.id), nullable=False, index=True),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=DELETED),
    Column("kind", String, nullable=False),
    Column("is_fetched", Boolean, nullable=False),  # by the printer itself
    Column("content", Text, info=JSON),  # a `Document`
    Column("made", Moment, nullable=False),
    Column("next_try", Moment, index=True),
    Column("tries", SmallInteger, nullable=False),
    Column("printed", Moment),
    Column("problem", String, nullable=False),
)
