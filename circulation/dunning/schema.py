"""The tables of this package, in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import agencies
from circulation.dunning.steps import STEP
from circulation.kernel.personal import CUT, JSON
from circulation.kernel.rules import rule_table
from circulation.ledger.schema import charges
from circulation.patrons.schema import patrons

#: Which steps follow for whom; the narrowest scope decides alone. One without steps tells nothing.
dunning_flows = rule_table("dunning_flows", (), "patron_category", "material_group")

#: The steps of a flow in their order (see `circulation.dunning.steps`).
dunning_steps = Table(
    "dunning_steps",
    metadata,
    Column("flow_id", ForeignKey(dunning_flows.c.id), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    *STEP.columns(nullable=False),
    UniqueConstraint("flow_id", "code"),
)

#: What was done, once for each step: of a loan, between two renewals of it (`round`), or of a
#: charge. `day` is the day that the job ran for. A step that was passed over, because a later one
#: was due as well, has a row that says so.
dunning_acts = Table(
    "dunning_acts",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("loan_id", Long),
    Column("round", SmallInteger),
    Column("charge_id", ForeignKey(charges.c.id)),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("step", String, nullable=False),  # its code
    Column("does", String, nullable=False),
    Column("outcome", String, nullable=False),  # done, or passed
    Column("day", Date, nullable=False),
    Column("at", Moment, nullable=False),
    Column("facts", Text, nullable=False, info=JSON),  # dates, calendar, the row that decided
    UniqueConstraint("loan_id", "round", "step"),
    UniqueConstraint("charge_id", "step"),
    CheckConstraint("(loan_id IS NULL) <> (charge_id IS NULL)", name="one_subject"),
    CheckConstraint("outcome IN ('done', 'passed')", name="outcome"),
)

_IS_OWED = text("balance > 0")
#: The debts that reminders and collection look at.
Index(
    "ix_charges_owed",
    charges.c.id,
    charges.c.balance,
    sqlite_where=_IS_OWED,
)

#: Debts handed over for collection. `debtor_id` is who is asked to pay: the patron, or who answers
#: for a child. `amount` is what the debtor system was last told.
collection_claims = Table(
    "collection_claims",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("charge_id", ForeignKey(charges.c.id), nullable=False, index=True),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("debtor_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("agency_id", ForeignKey(agencies.c.id), nullable=False),
    Column("kind", String, nullable=False),  # a value of `ClaimKind`
    Column("currency", String(3), nullable=False),
    Column("amount", Long, nullable=False),
    Column("opened", Moment, nullable=False),
    Column("closed", Moment),
    Column("reason", String, nullable=False),  # why it was closed
)
_CLAIM_IS_OPEN = text("closed IS NULL")
#: The promise that no debt is handed over twice at once.
Index(
    "uq_collection_claims_open",
    collection_claims.c.charge_id,
    unique=True,
    sqlite_where=_CLAIM_IS_OPEN,
)

#: Files written for the debtor system.
collection_files = Table(
    "collection_files",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("lines", Integer, nullable=False),
)

#: What the debtor system is to be told of a claim, in its order; `record` is what the file said.
collection_lines = Table(
    "collection_lines",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("claim_id", ForeignKey(collection_claims.c.id), nullable=False, index=True),
    Column("action", String, nullable=False),  # a value of `LineAction`
    Column("amount", Long, nullable=False),  # owed from then on
    Column("at", Moment, nullable=False),
    Column("reason", String, nullable=False),
    Column("file_id", ForeignKey(collection_files.c.id), index=True),
    Column("record", Text),
)
_IS_UNSENT = text("file_id IS NULL")
Index(
    "ix_collection_lines_unsent",
    collection_lines.c.id,
    sqlite_where=_IS_UNSENT,
)
