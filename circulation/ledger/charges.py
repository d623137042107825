"""Charges: making one, and changing what is owed of it.

What a charge comes to is the sum of its postings (`circulation.ledger.postings`); these functions
write them, each with its event. Payments are taken in `circulation.fees.paying`, lists
are in `circulation.ledger.charge_lists`, explanations in `circulation.explaining.charges`.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, one, scalar, scalar_one
from circulation.items.facts import ItemFacts
from circulation.items.removal import ItemNeed, RemovalFeature
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.ledger.charge_lists import charge_facts
from circulation.ledger.money import Charge, ChargeKind, PostingKind, amount_text
from circulation.ledger.payments import settle_with_credit
from circulation.ledger.postings import (
    CHARGE_COLUMNS,
    Account,
    Origin,
    find_charge,
    first_posting_of,
    insert_charge,
    open_account,
    post,
)
from circulation.ledger.schema import charge_loans, charge_postings, charges


@one(Charge)
def _charge_made_once(*, once: str) -> Statement:
    return select(*CHARGE_COLUMNS).where(charges.c.once == once)


@scalar(int)
def _last_write_off(*, charge_id: int) -> Statement:
    return select(func.max(charge_postings.c.id)).where(
        charge_postings.c.charge_id == charge_id,
        charge_postings.c.kind == PostingKind.WRITE_OFF.value,
    )


@scalar_one(int)
def _owed_for_item(*, item_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(charge_loans.join(charges, charges.c.id == charge_loans.c.charge_id))
        .where(charge_loans.c.item_id == item_id, charges.c.balance != 0)
    )


class NewCharge(NamedTuple):
    """A charge of `amount` minor units by the rules of the branch, owed to its agency.

    `once` names what can be charged only once (see `charge_made_once`).
    """

    kind: ChargeKind
    amount: int
    currency: str
    branch_id: int
    reason: str
    once: str | None = None


def begin_charge(account: Account, new: NewCharge) -> Charge:
    """Writes a charge of nothing, to be posted to."""
    made = Charge(
        account.act.circulation.ids.next(account.act.now),
        account.patron_id,
        account.set_up.branches[new.branch_id].agency_id,
        new.branch_id,
        new.kind,
        new.currency,
        0,
        0,
        0,
        0,
        new.reason,
        account.act.now,
    )
    insert_charge(
        account.act.transaction,
        charge_id=made.id,
        patron_id=made.patron_id,
        agency_id=made.agency_id,
        branch_id=made.branch_id,
        kind=made.kind.value,
        currency=made.currency,
        reason=made.reason,
        created=made.created,
        once=new.once,
    )
    return made


def create_charge(account: Account, new: NewCharge) -> Charge:
    """Charges the account. A credit of the patron pays first."""
    made = begin_charge(account, new)
    charge = post(account, made, PostingKind.CREATION, new.amount, reason=new.reason)
    append_event(
        account.act,
        NewEvent(EventKind.CHARGE_CREATED, patron_id=account.patron_id, after=charge_facts(charge)),
    )
    return settle_with_credit(account, charge)


class ChargeUnknown(ValueError):
    """No charge has this id, or its patron was erased."""


def open_charge(act: Act, *, charge_id: int) -> tuple[Account, Charge]:
    """The charge, and the account it stands on, locked: what the functions below are given.

    Raises ChargeUnknown.
    """
    transaction, circulation = act.transaction, act.circulation
    found = find_charge(transaction, charge_id=charge_id)
    if found is None or found.patron_id is None:
        raise ChargeUnknown(f"there is no charge {charge_id} that can be changed")
    set_up = circulation.current_set_up(transaction)
    account = open_account(act, set_up, found.patron_id)
    locked = find_charge(transaction, charge_id=charge_id)
    assert locked is not None
    return account, locked


def charge_made_once(account: Account, once: str) -> Charge | None:
    """The charge that was made for this already; it may have been cancelled."""
    return _charge_made_once(account.act.transaction, once=once)


def set_amount(account: Account, charge: Charge, amount: int, reason: str) -> Charge:
    """Raises or reduces the charge to `amount`; to 0 is a cancellation.

    What was paid beyond that is owed to the patron from now on; what was written off beyond it
    is not, and the write-off is taken back.
    """
    change = amount - charge.amount
    if not change:
        return charge
    too_much = charge.written_off - max(amount - charge.paid, 0)
    if change < 0 and too_much > 0:
        charge = reduce_write_off(account, charge, reason, too_much)
    if change > 0:
        kind = PostingKind.CREATION
    else:
        kind = PostingKind.REDUCTION if amount else PostingKind.CANCELLATION
    return _corrected(account, charge, kind, abs(change), reason)


def reduce_charge(account: Account, charge: Charge, amount: int, reason: str) -> Charge:
    """Charges `amount` less; all of it is a cancellation.

    Raises ValueError for an amount that is not positive, or more than the charge.
    """
    if not 0 < amount <= charge.amount:
        raise ValueError(
            f"{amount_text(amount, charge.currency)} cannot be taken off a charge of "
            f"{amount_text(charge.amount, charge.currency)}"
        )
    return set_amount(account, charge, charge.amount - amount, reason)


def write_off(account: Account, charge: Charge, reason: str, amount: int | None = None) -> Charge:
    """Gives up what is owed of the charge, or `amount` of it; the charge itself stands.

    Raises ValueError for an amount that is not positive, or more than is owed.
    """
    amount = charge.balance if amount is None else amount
    if not 0 < amount <= charge.balance:
        raise ValueError(
            f"{amount_text(amount, charge.currency)} cannot be written off of "
            f"{amount_text(charge.balance, charge.currency)} owed"
        )
    return _corrected(account, charge, PostingKind.WRITE_OFF, amount, reason)


def reduce_write_off(
    account: Account, charge: Charge, reason: str, amount: int | None = None
) -> Charge:
    """Takes back what was written off, or `amount` of it: it is owed again.

    Raises ValueError for an amount that is not positive, or more than was written off.
    """
    amount = charge.written_off if amount is None else amount
    if not 0 < amount <= charge.written_off:
        raise ValueError(
            f"{amount_text(amount, charge.currency)} is more than the "
            f"{amount_text(charge.written_off, charge.currency)} written off"
        )
    parent = _last_write_off(account.act.transaction, charge_id=charge.id)
    kind = PostingKind.WRITE_OFF_REDUCTION
    return _corrected(account, charge, kind, amount, reason, parent)


def _corrected(
    account: Account,
    charge: Charge,
    kind: PostingKind,
    amount: int,
    reason: str,
    parent: int | None = None,
) -> Charge:
    if parent is None:
        parent = first_posting_of(account.act.transaction, charge_id=charge.id)
    changed = post(account, charge, kind, amount, Origin(parent=parent), reason=reason)
    append_event(
        account.act,
        NewEvent(
            EventKind.CHARGE_CHANGED,
            patron_id=account.patron_id,
            before={"amount": charge.amount, "balance": charge.balance},
            after=charge_facts(changed) | {"by": kind.value, "why": reason},
        ),
        account.set_up,
    )
    return changed


class MoneyAtRemoval(RemovalFeature):
    def need(self, transaction: Transaction, item: ItemFacts) -> ItemNeed | None:
        """Is something owed for a loan of it?"""
        return ItemNeed.MONEY if _owed_for_item(transaction, item_id=item.id) else None
