"""The rules of fees, and warnings of debts, as tables in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    String,
    Table,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import agencies, branches
from circulation.kernel.personal import DELETED
from circulation.patrons.schema import patrons

#: Rules. A scope column that is NULL holds for any; a field that is NULL is left to a row of
#: wider scope (see `circulation.fees.rules`). A row holds from its `valid_from` on.
fee_rules = Table(
    "fee_rules",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("agency_id", ForeignKey(agencies.c.id)),
    Column("branch_id", ForeignKey(branches.c.id)),
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

#: Patrons who were told in writing that they will be blocked for what they owe to an agency;
#: `blocked` once they are. The row goes when the debt does.
debt_warnings = Table(
    "debt_warnings",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("warned", Moment, nullable=False, index=True),
    Column("amount", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("blocked", Moment),
    Column("notice_id", Long),  # the message that warns; none where nobody was told
    Column("reached", Moment),  # since when it is with somebody: from then on the days run
)

#: How an agency is paid: what its bills say.
payment_ways = Table(
    "payment_ways",
    metadata,
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("self_service", String, nullable=False),
    Column("account", String, nullable=False),
    Column("fik", String, nullable=False),
)
