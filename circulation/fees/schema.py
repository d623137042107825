"""The rules of fees, and warnings of debts, as tables in the same metadata as all others."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    String,
    Table,
)

from catalogue.database import Long, Moment, metadata
from catalogue.schema import agencies
from circulation.fees.terms import FEE_TERMS
from circulation.kernel.personal import DELETED
from circulation.kernel.rules import rule_table
from circulation.patrons.schema import patrons

fee_rules = rule_table(
    "fee_rules", FEE_TERMS.columns(), "patron_category", "material_group", "valid_from"
)

#: Patrons who were told in writing that they will be blocked for what they owe to an agency;
#: `blocked` once they are. The row goes when the debt does.
debt_warnings = Table(
    "debt_warnings",
    metadata,
    Column("patron_id", ForeignKey(patrons.c.id), primary_key=True, info=DELETED),
    Column("agency_id", ForeignKey(agencies.c.id), primary_key=True),
    Column("warned", Moment, nullable=False, index=True),
    Column("amount", Long, nullable=False),
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
