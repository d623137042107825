"""What one agency has taken for another: what they are to settle between them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, cast, func, or_, select

from catalogue.database import Statement, columns, many
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


@many(Collected)
def collected_for_others(*, since: datetime, before: datetime) -> Statement:
    """What was taken from `since` until `before`, by agency that took it and agency it was for."""
    told = {"taken_by": _taker.c.isil, "owed_to": _creditor.c.isil}
    amount = cast(-func.sum(charge_postings.c.amount), BigInteger)
    return (
        select(*columns(Collected, charges, amount=amount, **told))
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
            charge_postings.c.at >= since,
            charge_postings.c.at < before,
        )
        .group_by(_taker.c.isil, _creditor.c.isil, charges.c.currency)
        .order_by(_taker.c.isil, _creditor.c.isil, charges.c.currency)
    )
