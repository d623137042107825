"""What one agency has taken for another: what they are to settle between them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, or_, select

from catalogue.database import Moment, Transaction, many
from catalogue.schema import agencies
from circulation.ledger.money import PostingKind
from circulation.ledger.schema import charge_postings, charges, payments

_taker, _creditor = agencies.alias("taker"), agencies.alias("creditor")


class Collected(NamedTuple):
    """The agency `taken_by` owes the agency `owed_to` (ISILs) so many minor units of `currency`.

    Less what was taken back in the same time, so the amount may be negative.
    """

    taken_by: str
    owed_to: str
    currency: str
    amount: int


_collected: Callable[..., list[Any]] = many(
    select(
        _taker.c.isil,
        _creditor.c.isil,
        charges.c.currency,
        -func.sum(charge_postings.c.amount),
    )
    .select_from(
        charge_postings.join(charges, charges.c.id == charge_postings.c.charge_id)
        .join(payments, payments.c.id == charge_postings.c.payment_id)
        .join(_taker, _taker.c.id == payments.c.agency_id)
        .join(_creditor, _creditor.c.id == charges.c.agency_id)
    )
    .where(
        payments.c.agency_id != charges.c.agency_id,
        or_(
            charge_postings.c.kind == PostingKind.PAYMENT.value,
            charge_postings.c.kind == PostingKind.PAYMENT_REDUCTION.value,
        ),
        charge_postings.c.at >= bindparam("since", type_=Moment),
        charge_postings.c.at < bindparam("before", type_=Moment),
    )
    .group_by(_taker.c.isil, _creditor.c.isil, charges.c.currency)
    .order_by(_taker.c.isil, _creditor.c.isil, charges.c.currency),
    lambda taken_by, owed_to, currency, amount: Collected(taken_by, owed_to, currency, int(amount)),
    "since",
    "before",
)


def collected_for_others(
    transaction: Transaction, *, since: datetime, before: datetime
) -> list[Collected]:
    """What was taken from `since` until `before`, by agency that took it and agency it was for."""
    return _collected(transaction, since, before)
