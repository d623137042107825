"""Payments as they are kept, and what was paid beforehand.

Taking one is in `circulation.fees.paying`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import literal_column, select

from catalogue.database import Statement, Transaction, columns, many, many_of, one
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.money import Charge, ChargeKind, PostingKind
from circulation.ledger.postings import CHARGE_COLUMNS, Account, Origin, first_posting_of, post
from circulation.ledger.schema import IS_NOT_SETTLED, charge_postings, charges, payments


class PaymentRow(NamedTuple):
    """A payment as it is stored."""

    id: int
    patron_id: int | None
    agency_id: int
    order_id: str
    amount: int
    currency: str
    method: str
    actor: str
    device: str
    branch_id: int | None
    at: datetime
    reversed: datetime | None


@one(PaymentRow)
def find_payment(*, payment_id: int) -> Statement:
    return select(*columns(PaymentRow, payments)).where(payments.c.id == payment_id)


@many(Charge)
def _charges_of_patron(*, patron_id: int) -> Statement:
    return (
        select(*CHARGE_COLUMNS)
        .where(charges.c.patron_id == patron_id)
        .order_by(charges.c.created, charges.c.id)
    )


@many_of(Charge)
def _oldest_owed(*, agency_ids: Sequence[int], patron_id: int) -> Statement:
    its = charges.c.patron_id == patron_id, IS_NOT_SETTLED, charges.c.balance > literal_column("0")
    return (
        select(*CHARGE_COLUMNS)
        .where(*its, charges.c.agency_id.in_(agency_ids))
        .order_by(charges.c.created, charges.c.id)
        .limit(1)
    )


@many(Charge)
def _credits_of_patron(*, patron_id: int) -> Statement:
    its = charges.c.patron_id == patron_id, IS_NOT_SETTLED, charges.c.balance < literal_column("0")
    return select(*CHARGE_COLUMNS).where(*its).order_by(charges.c.created, charges.c.id)


class _LastPayment(NamedTuple):
    """A posting, and the payment that it is of."""

    id: int
    payment_id: int | None


@one(_LastPayment)
def last_payment_of(*, charge_id: int) -> Statement:
    return (
        select(*columns(_LastPayment, charge_postings))
        .where(
            charge_postings.c.charge_id == charge_id,
            charge_postings.c.kind == PostingKind.PAYMENT.value,
        )
        .order_by(charge_postings.c.id.desc())
        .limit(1)
    )


def charges_of_account(
    transaction: Transaction, patron_id: int, agencies: Collection[int]
) -> list[Charge]:
    """What the patron was charged by these agencies, the oldest first."""
    found = _charges_of_patron(transaction, patron_id=patron_id)
    return [each for each in found if each.agency_id in agencies]


def oldest_owed(
    transaction: Transaction, patron_id: int, agencies: Collection[int]
) -> Charge | None:
    """The oldest charge of which something is owed to one of these agencies."""
    found = _oldest_owed(transaction, agency_ids=sorted(agencies), patron_id=patron_id)
    return min(found, key=lambda each: (each.created, each.id), default=None)


def settle_with_credit(account: Account, charge: Charge) -> Charge:
    """Pays the charge from what the patron has paid beforehand, as far as that goes."""
    for each in _credits_of_patron(account.act.transaction, patron_id=account.patron_id):
        is_credit = each.kind is ChargeKind.CREDIT and each.currency == charge.currency
        is_credit = is_credit and each.agency_id == charge.agency_id
        share = min(-each.balance, charge.balance)
        if not is_credit or share <= 0:
            continue
        paid, payment_id = last_payment_of(account.act.transaction, charge_id=each.id) or (
            None,
            None,
        )
        reason = f"put to charge {charge.id}"
        post(
            account,
            each,
            PostingKind.PAYMENT_REDUCTION,
            share,
            Origin(parent=paid, payment_id=payment_id),
            reason=reason,
        )
        parent = first_posting_of(account.act.transaction, charge_id=charge.id)
        charge = post(
            account,
            charge,
            PostingKind.PAYMENT,
            share,
            Origin(parent=parent, payment_id=payment_id),
            reason=ChargeReason.PAID_BEFOREHAND.value,
        )
    return charge
