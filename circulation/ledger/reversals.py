"""Undoing payments that failed, and giving money back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from catalogue.database import Statement, change
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.ledger.charge_lists import charge_facts
from circulation.ledger.money import Charge, PostingKind, amount_text
from circulation.ledger.payments import find_payment, last_payment_of
from circulation.ledger.postings import (
    Account,
    Origin,
    find_charge,
    open_account,
    post,
    postings_of_payment,
)
from circulation.ledger.schema import payments


@change
def _set_reversed(*, payment_id: int, payment_reversed: datetime | None) -> Statement:
    return (
        update(payments)
        .where(payments.c.id == payment_id, payments.c.reversed.is_(None))
        .values(reversed=payment_reversed)
    )


def reverse_payment(act: Act, *, payment_id: int, reason: str) -> bool:
    """Undoes a payment that failed: what it paid is owed again; False where it was undone before.

    Its order id stays taken. Money that was given back meanwhile stays given back. Raises
    ValueError for a payment that is not known, or whose patron was erased.
    """
    transaction, circulation, _, now = act
    payment = find_payment(transaction, payment_id=payment_id)
    if payment is None or payment.patron_id is None:
        raise ValueError(f"there is no payment {payment_id} that can be undone")
    account = open_account(act, circulation.current_set_up(transaction), payment.patron_id)
    if not _set_reversed(transaction, payment_id=payment_id, payment_reversed=now):
        return False
    still_paid: dict[int, list[int]] = {}
    for posting in postings_of_payment(transaction, payment_id=payment_id):
        paid = still_paid.setdefault(posting.charge_id, [posting.id, 0])
        paid[1] -= posting.amount
    undone = {}
    for charge_id, (parent, amount) in still_paid.items():
        charge = find_charge(transaction, charge_id=charge_id)
        assert charge is not None
        share = min(amount, charge.paid)
        if share > 0:
            kind = PostingKind.PAYMENT_REDUCTION
            post(
                account,
                charge,
                kind,
                share,
                Origin(parent=parent, payment_id=payment_id),
                reason=reason,
            )
            undone[str(charge_id)] = share
    append_event(
        act,
        NewEvent(
            EventKind.PAYMENT_REVERSED,
            patron_id=payment.patron_id,
            before={"payment": payment_id, "amount": payment.amount, "currency": payment.currency},
            after={"charges": undone, "why": reason},
        ),
    )
    return True


def reimburse(account: Account, charge: Charge, reason: str, amount: int | None = None) -> Charge:
    """Gives back what was paid too much of the charge, or `amount` of it.

    Raises ValueError for an amount that is not positive, or more than is owed to the patron.
    """
    too_much = max(-charge.balance, 0)
    amount = too_much if amount is None else amount
    if not 0 < amount <= too_much:
        raise ValueError(
            f"{amount_text(amount, charge.currency)} cannot be given back of "
            f"{amount_text(too_much, charge.currency)} paid too much"
        )
    parent, payment_id = last_payment_of(account.act.transaction, charge_id=charge.id) or (
        None,
        None,
    )
    changed = post(
        account,
        charge,
        PostingKind.REIMBURSEMENT,
        amount,
        Origin(parent=parent, payment_id=payment_id),
        reason=reason,
    )
    append_event(
        account.act,
        NewEvent(
            EventKind.REIMBURSED,
            patron_id=account.patron_id,
            after=charge_facts(changed) | {"given_back": amount, "why": reason},
        ),
    )
    return changed
