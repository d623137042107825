"""The ledger, as tables in the same metadata as all others.

It is append-only: `charge_postings` never changes. What stands in `charges` and `patron_balances`
besides is the sum of the postings, kept with them in one transaction so that it need not be added
up.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import agencies, branches, items
from circulation.kernel.personal import CUT, DELETED, JSON
from circulation.patrons.schema import patrons

#: What somebody was charged. Amounts are in minor units of the currency: `amount` is what is
#: charged after reductions, `paid` what was paid and not given back. The patron is NULL once
#: they were erased.
charges = Table(
    "charges",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("patron_id", ForeignKey(patrons.c.id), info=CUT),
    Column("agency_id", ForeignKey(agencies.c.id), nullable=False),  # to whom it is owed
    Column("branch_id", ForeignKey(branches.c.id), nullable=False),  # whose rules made it
    Column("kind", String, nullable=False),  # a value of `ChargeKind`
    Column("currency", String(3), nullable=False),
    Column("amount", Long, nullable=False),
    Column("paid", Long, nullable=False),
    Column("written_off", Long, nullable=False),
    Column("balance", Long, nullable=False),
    Column("reason", String, nullable=False),
    Column("created", Moment, nullable=False),
    # What can be charged once only: one return occasion, one lost loan.
    Column("once", String, unique=True),
    CheckConstraint("balance = amount - paid - written_off", name="balance"),
    Index("ix_charges_patron_id", "patron_id", "created"),
)
IS_NOT_SETTLED = text("balance <> 0")
#: A patron's charges of which something is owed, either way: lists begin with them, and they are
#: counted from the index alone.
Index(
    "ix_charges_not_settled",
    charges.c.patron_id,
    charges.c.created,
    charges.c.id,
    charges.c.balance,
    sqlite_where=IS_NOT_SETTLED,
)

#: The loans that made a charge, each with what it would cost alone and with the facts it was
#: reckoned from. What was undone stays and says so. Loan and item are NULL once the loan was cut
#: from its patron.
charge_loans = Table(
    "charge_loans",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("charge_id", ForeignKey(charges.c.id), nullable=False, index=True),
    Column("loan_id", Long, index=True),
    Column("item_id", ForeignKey(items.c.id), index=True, info=CUT),
    Column("amount", Long, nullable=False),
    Column("facts", Text, nullable=False, info=JSON),  # see `circulation.fees.charged_loans`
    Column("at", Moment, nullable=False),  # when it happened: the return, the bill...
    Column("recorded", Moment, nullable=False, index=True),
    Column("undone", Moment),
)

#: Payments. An order id pays once with an agency.
payments = Table(
    "payments",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("agency_id", ForeignKey(agencies.c.id), nullable=False),
    Column("order_id", String, nullable=False),
    Column("amount", Long, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("method", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("device", String, nullable=False),
    Column("branch_id", Integer),
    Column("at", Moment, nullable=False),
    Column("reversed", Moment),
    UniqueConstraint("agency_id", "order_id"),
)

#: What was asked for under an order id, and what it has done (see `circulation.ledger.orders`). An
#: order id counts once with an agency. The patron is NULL once they were erased.
money_orders = Table(
    "money_orders",
    metadata,
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("order_id", String, primary_key=True),
    Column("patron_id", ForeignKey(patrons.c.id), index=True, info=CUT),
    Column("act", String, nullable=False),  # a value of `Act`
    Column("amount", Long),  # NULL: all there is
    Column("currency", String(3), nullable=False),
    Column("charges", String),  # ids, in order; NULL: which were named is not known
    Column("payment_id", ForeignKey(payments.c.id)),
    Column("shares", Text, info=JSON),  # [[charge, amount], ...]; NULL: they are the payment's
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

#: The ledger. `amount` is what the posting does to the balance: a charge adds, a payment takes
#: away. `parent_id` is the posting that it corrects or pays.
charge_postings = Table(
    "charge_postings",
    metadata,
    Column("id", Long, Identity(), primary_key=True),
    Column("charge_id", ForeignKey(charges.c.id), nullable=False, index=True),
    Column("kind", String, nullable=False),  # a value of `PostingKind`
    Column("amount", Long, nullable=False),
    Column("parent_id", ForeignKey("charge_postings.id")),
    Column("payment_id", ForeignKey(payments.c.id), index=True),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("device", String, nullable=False),
    Column("branch_id", Integer),
    Column("reason", String, nullable=False),
)

#: What a patron owes to each agency: the sums of their postings. Fees and compensations apart,
#: because only fees exclude from borrowing.
patron_balances = Table(
    "patron_balances",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("fees", Long, nullable=False),
    Column("compensations", Long, nullable=False),
    sqlite_with_rowid=False,
)
