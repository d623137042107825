"""The tables of this package, in the same metadata as all others.

The ledger is append-only: `charge_postings` never changes. What stands in `charges` and
`patron_balances` besides is the sum of the postings, kept with them in one transaction so that it
need not be added up.
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
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from catalogue.schema import metadata
from catalogue.statements import Moment

#: 63 bits, as `circulation.schema.Long`, which is not there yet when this module is read.
_Long = BigInteger().with_variant(Integer(), "sqlite")

#: Rules. A scope column that is NULL holds for any; a field that is NULL is left to a row of
#: wider scope (see `circulation.fees.rules`). A row holds from its `valid_from` on.
fee_rules = Table(
    "fee_rules",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id")),
    Column("branch_id", ForeignKey("branches.id")),
    Column("patron_category", String),
    Column("material_group", String),
    Column("valid_from", Date),
    Column("late_fees", String),
    Column("currency", String(3)),
    Column("grace_days", Integer),
    Column("closed_days", String),
    Column("calendar", String),
    Column("rate", Integer),
    Column("period", String),
    Column("cap", Integer),
    Column("price_cap", Boolean),
    Column("tiers", String),  # as `circulation.fees.tiers` writes them
    Column("ceilings", String),
    Column("child_under", SmallInteger),
    Column("child_tiers", String),
    Column("child_ceilings", String),
    Column("group_date", String),
    Column("occasion", String),
    Column("accrues_while_marked", Boolean),
    Column("compensation", String),
    Column("replacement", Integer),
    Column("handling", Integer),
    Column("bill_fee", String),
    Column("refund_days", Integer),
    Column("loan_fee", Integer),
    Column("renewal_fee", Integer),
    Column("hold_fee", Integer),
    Column("block_threshold", Integer),
    Column("block_days", Integer),
    Column("block_counts_compensation", Boolean),
    Column("partial_payment", Boolean),
    Column("overpayment", String),
    CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
)

#: What somebody was charged. Amounts are in minor units of the currency: `amount` is what is
#: charged after reductions, `paid` what was paid and not given back. The patron is NULL once
#: they were erased.
charges = Table(
    "charges",
    metadata,
    Column("id", _Long, primary_key=True, autoincrement=False),
    Column("patron_id", ForeignKey("patrons.id")),
    Column("agency_id", ForeignKey("agencies.id"), nullable=False),  # to whom it is owed
    Column("branch_id", ForeignKey("branches.id"), nullable=False),  # whose rules made it
    Column("kind", String, nullable=False),  # a value of `ChargeKind`
    Column("currency", String(3), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("paid", Integer, nullable=False),
    Column("written_off", Integer, nullable=False),
    Column("balance", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("created", Moment, nullable=False),
    # What can be charged once only: one return occasion, one lost loan.
    Column("once", String, unique=True),
    CheckConstraint("balance = amount - paid - written_off", name="balance"),
    Index("ix_charges_patron_id", "patron_id", "created"),
)

#: The loans that made a charge, each with what it would cost alone and with the facts it was
#: reckoned from. What was undone stays and says so. Loan and item are NULL once the loan was cut
#: from its patron.
charge_loans = Table(
    "charge_loans",
    metadata,
    Column("id", _Long, Identity(), primary_key=True),
    Column("charge_id", ForeignKey("charges.id"), nullable=False, index=True),
    Column("loan_id", _Long, index=True),
    Column("item_id", ForeignKey("items.id"), index=True),
    Column("amount", Integer, nullable=False),
    Column("facts", Text, nullable=False),  # JSON object (see `circulation.fees.facts`)
    Column("at", Moment, nullable=False),  # when it happened: the return, the bill...
    Column("recorded", Moment, nullable=False, index=True),
    Column("undone", Moment),
)

#: The ledger. `amount` is what the posting does to the balance: a charge adds, a payment takes
#: away. `parent_id` is the posting that it corrects or pays.
charge_postings = Table(
    "charge_postings",
    metadata,
    Column("id", _Long, Identity(), primary_key=True),
    Column("charge_id", ForeignKey("charges.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # a value of `PostingKind`
    Column("amount", Integer, nullable=False),
    Column("parent_id", ForeignKey("charge_postings.id")),
    Column("payment_id", ForeignKey("payments.id"), index=True),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("device", String, nullable=False),
    Column("branch_id", Integer),
    Column("reason", String, nullable=False),
)

#: Payments. An order id pays once with an agency.
payments = Table(
    "payments",
    metadata,
    Column("id", _Long, primary_key=True, autoincrement=False),
    Column("patron_id", ForeignKey("patrons.id"), index=True),
    Column("agency_id", ForeignKey("agencies.id"), nullable=False),
    Column("order_id", String, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("method", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("device", String, nullable=False),
    Column("branch_id", Integer),
    Column("at", Moment, nullable=False),
    Column("reversed", Moment),
    UniqueConstraint("agency_id", "order_id"),
)

#: What a patron owes to each agency: the sums of their postings. Fees and compensations apart,
#: because only fees exclude from borrowing.
patron_balances = Table(
    "patron_balances",
    metadata,
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id"), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("fees", Integer, nullable=False),
    Column("compensations", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: Patrons who were told in writing that they will be blocked for what they owe to an agency;
#: `blocked` once they are. The row goes when the debt does.
debt_warnings = Table(
    "debt_warnings",
    metadata,
    Column("patron_id", ForeignKey("patrons.id"), primary_key=True),
    Column("agency_id", ForeignKey("agencies.id"), primary_key=True),
    Column("warned", Moment, nullable=False, index=True),
    Column("amount", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("blocked", Moment),
)
