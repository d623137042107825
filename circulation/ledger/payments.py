"""Payments as they are kept, and what was paid beforehand.

Taking one is in `circulation.fees.paying`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from catalogue.database import Transaction, many, one
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.money import Charge, ChargeKind, PostingKind
from circulation.ledger.postings import (
    CHARGE_COLUMNS,
    Account,
    Origin,
    charge_row,
    first_posting_of,
    post,
)
from circulation.ledger.schema import charge_postings, charges, payments


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


_COLUMNS = tuple(payments.c[name] for name in PaymentRow._fields)
find_payment = one(
    select(*_COLUMNS).where(payments.c.id == bindparam("payment_id")), PaymentRow, "payment_id"
)
_charges_of_patron: Callable[..., list[Charge]] = many(
    select(*CHARGE_COLUMNS)
    .where(charges.c.patron_id == bindparam("of_patron"))
    .order_by(charges.c.created, charges.c.id),
    charge_row,
    "of_patron",
)
last_payment_of = one(
    select(charge_postings.c.id, charge_postings.c.payment_id)
    .where(
        charge_postings.c.charge_id == bindparam("of_charge"),
        charge_postings.c.kind == PostingKind.PAYMENT.value,
    )
    .order_by(charge_postings.c.id.desc())
    .limit(1),
    None,
    "of_charge",
)


def charges_of_account(
    transaction: Transaction, patron_id: int, agencies: Collection[int]
) -> list[Charge]:
    """What the patron was charged by these agencies, the oldest first."""
    return [
        each for each in _charges_of_patron(transaction, patron_id) if each.agency_id in agencies
    ]


def settle_with_credit(account: Account, charge: Charge) -> Charge:
    """Pays the charge from what the patron has paid beforehand, as far as that goes."""
    for each in charges_of_account(account.transaction, account.patron_id, {charge.agency_id}):
        is_credit = each.kind is ChargeKind.CREDIT and each.currency == charge.currency
        share = min(-each.balance, charge.balance)
        if not is_credit or share <= 0:
            continue
        paid, payment_id = last_payment_of(account.transaction, each.id) or (None, None)
        reason = f"put to charge {charge.id}"
        post(
            account,
            each,
            PostingKind.PAYMENT_REDUCTION,
            share,
            Origin(parent=paid, payment_id=payment_id),
            reason=reason,
        )
        charge = post(
            account,
            charge,
            PostingKind.PAYMENT,
            share,
            Origin(parent=first_posting_of(account.transaction, charge.id), payment_id=payment_id),
            reason=ChargeReason.PAID_BEFOREHAND.value,
        )
    return charge
