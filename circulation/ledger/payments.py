"""Payments as they are kept, and what was paid beforehand.

Taking one is in `circulation.fees.paying`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, literal_column, or_, select

from catalogue.database import Statement, Transaction, columns, many, many_of, one
from circulation.kernel.paging import START
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.money import Charge, ChargeKind, PostingKind
from circulation.ledger.postings import CHARGE_COLUMNS, Account, Origin, first_posting_of, post
from circulation.ledger.schema import IS_NOT_SETTLED, charge_postings, charges, payments

#: Charges that are read first for a payment; most pay one or two.
_AT_ONCE: Final = 10


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


def _owed(patron_id: int, *, agency_ids: Sequence[int]) -> Select[Any]:
    its = charges.c
    is_owed = IS_NOT_SETTLED, its.balance > literal_column("0")
    return (
        select(*CHARGE_COLUMNS)
        .where(its.patron_id == patron_id, *is_owed, its.agency_id.in_(agency_ids))
        .order_by(its.created, its.id)
    )


@many_of(Charge)
def _oldest_owed(*, agency_ids: Sequence[int], patron_id: int) -> Statement:
    return _owed(patron_id, agency_ids=agency_ids).limit(1)


@many_of(Charge)
def _owed_after(
    *, agency_ids: Sequence[int], patron_id: int, at: datetime, after_id: int, at_most: int
) -> Statement:
    its = charges.c
    # Said twice: the first condition is what the index can be walked by.
    beyond = its.created >= at, or_(its.created > at, its.id > after_id)
    return _owed(patron_id, agency_ids=agency_ids).where(*beyond).limit(at_most)


@many_of(Charge)
def _named(*, charge_ids: Sequence[int], patron_id: int) -> Statement:
    its = charges.c
    return select(*CHARGE_COLUMNS).where(its.id.in_(charge_ids), its.patron_id == patron_id)


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


def _by_age(charge: Charge) -> tuple[datetime, int]:
    return charge.created, charge.id


def charges_named(
    transaction: Transaction, patron_id: int, agencies: Collection[int], charge_ids: Collection[int]
) -> list[Charge]:
    """Those of these charges that the patron was charged by these agencies, the oldest first."""
    found = _named(transaction, charge_ids=sorted(charge_ids), patron_id=patron_id)
    return sorted([each for each in found if each.agency_id in agencies], key=_by_age)


def owed_for(
    transaction: Transaction,
    patron_id: int,
    agencies: Collection[int],
    amount: int,
    is_meant: Callable[[Charge], bool],
) -> list[Charge]:
    """What the patron owes to these agencies, the oldest first: all of it, or as much as it takes
    for the amount to be owed by the charges that are meant."""
    found: list[Charge] = []
    (at, after_id), at_most = START, _AT_ONCE
    while True:
        where = {"at": at, "after_id": after_id, "at_most": at_most}
        more = _owed_after(transaction, agency_ids=sorted(agencies), patron_id=patron_id, **where)
        more = sorted(more, key=_by_age)[:at_most]
        found += more
        amount -= sum([each.balance for each in more if is_meant(each)])
        if amount <= 0 or len(more) < at_most:
            return found
        (at, after_id), at_most = _by_age(more[-1]), at_most * 4


def oldest_owed(
    transaction: Transaction, patron_id: int, agencies: Collection[int]
) -> Charge | None:
    """The oldest charge of which something is owed to one of these agencies."""
    found = _oldest_owed(transaction, agency_ids=sorted(agencies), patron_id=patron_id)
    return min(found, key=_by_age, default=None)


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
