"""The ledger: postings are added and never changed, and the sums move with them.

Every posting is written by `post`, under the lock of the patron, and with it, in the same
transaction, the amounts of its charge and the balance of the patron. Features follow when a patron
owes less (`LESS_IS_OWED`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, insert, select, update

from catalogue.database import Statement, change, columns, many, one, scalar, scalar_one, send
from circulation.kernel.act import Act
from circulation.kernel.parts import Registry
from circulation.kernel.set_up import SetUp
from circulation.kernel.stored import stored_as
from circulation.ledger.balances import add_to_balance, lock_account
from circulation.ledger.money import Charge, ChargeKind, Posting, PostingKind
from circulation.ledger.schema import charge_postings, charges

#: What one minor unit of each kind of posting adds to the amount charged, the amount paid and the
#: amount written off.
EFFECTS: dict[PostingKind, tuple[int, int, int]] = {
    PostingKind.CREATION: (1, 0, 0),
    PostingKind.REDUCTION: (-1, 0, 0),
    PostingKind.CANCELLATION: (-1, 0, 0),
    PostingKind.PAYMENT: (0, 1, 0),
    PostingKind.PAYMENT_REDUCTION: (0, -1, 0),
    PostingKind.REIMBURSEMENT: (0, -1, 0),
    PostingKind.WRITE_OFF: (0, 0, 1),
    PostingKind.WRITE_OFF_REDUCTION: (0, 0, -1),
}


@dataclass(frozen=True, slots=True)
class Account:
    """A patron's account for one act, locked, and the set-up that holds. Made by `open_account`."""

    act: Act
    set_up: SetUp
    patron_id: int


#: What follows, within the act, when a patron owes less than before.
LESS_IS_OWED: Registry[Callable[[Account], object]] = Registry("ledger.postings:LESS_IS_OWED")


def open_account(act: Act, set_up: SetUp, patron_id: int) -> Account:
    """Locks the patron: after items, before queues of holds, as everywhere."""
    lock_account(act.transaction, patron_id=patron_id)
    return Account(act, set_up, patron_id)


CHARGE_COLUMNS = columns(Charge, charges, kind=stored_as(charges.c.kind, ChargeKind))


@one(Charge)
def find_charge(*, charge_id: int) -> Statement:
    return select(*CHARGE_COLUMNS).where(charges.c.id == charge_id)


@send
def insert_charge(
    *,
    charge_id: int,
    patron_id: int | None,
    agency_id: int,
    branch_id: int,
    kind: str,
    currency: str,
    reason: str,
    created: datetime,
    once: str | None,
) -> Statement:
    values = {name: value for name, value in locals().items() if name != "charge_id"}
    nothing = dict.fromkeys(("amount", "paid", "written_off", "balance"), 0)
    return insert(charges).values(values | nothing | {"id": charge_id})


@scalar(int)
def first_posting_of(*, charge_id: int) -> Statement:
    """The posting that payments pay and reductions correct."""
    return select(func.min(charge_postings.c.id)).where(charge_postings.c.charge_id == charge_id)


@change
def _move(*, charge_id: int, amount: int, paid: int, written_off: int, balance: int) -> Statement:
    more = {"amount": amount, "paid": paid, "written_off": written_off, "balance": balance}
    return (
        update(charges)
        .where(charges.c.id == charge_id)
        .values({name: charges.c[name] + value for name, value in more.items()})
    )


@scalar_one(int)
def _insert_posting(
    *,
    charge_id: int,
    kind: str,
    amount: int,
    parent_id: int | None,
    payment_id: int | None,
    at: datetime,
    actor: str,
    device: str,
    branch_id: int | None,
    reason: str,
) -> Statement:
    return insert(charge_postings).values(locals()).returning(charge_postings.c.id)


_POSTING_COLUMNS = columns(
    Posting, charge_postings, kind=stored_as(charge_postings.c.kind, PostingKind)
)


@many(Posting)
def postings_of(*, charge_id: int) -> Statement:
    return (
        select(*_POSTING_COLUMNS)
        .where(charge_postings.c.charge_id == charge_id)
        .order_by(charge_postings.c.id)
    )


@many(Posting)
def postings_of_payment(*, payment_id: int) -> Statement:
    return (
        select(*_POSTING_COLUMNS)
        .where(charge_postings.c.payment_id == payment_id)
        .order_by(charge_postings.c.id)
    )


class Origin(NamedTuple):
    """The posting that another one pays or corrects, and the payment that it is of."""

    parent: int | None = None
    payment_id: int | None = None


NOTHING = Origin()


class ChargeGone(RuntimeError):
    """A charge of a patron who was locked is not there: a lock was left out."""


def post(
    account: Account,
    charge: Charge,
    kind: PostingKind,
    amount: int,
    origin: Origin = NOTHING,
    *,
    reason: str = "",
) -> Charge:
    """Appends a posting of `amount` (positive) minor units, and gives the charge as it is now."""
    if amount <= 0:
        raise ValueError(f"a posting of {amount}: only its kind says which way it goes")
    charged, paid, written_off = (sign * amount for sign in EFFECTS[kind])
    balance = charged - paid - written_off
    desk = account.act.desk
    if not _move(
        account.act.transaction,
        charge_id=charge.id,
        amount=charged,
        paid=paid,
        written_off=written_off,
        balance=balance,
    ):
        raise ChargeGone(f"there is no charge {charge.id}")
    _insert_posting(
        account.act.transaction,
        charge_id=charge.id,
        kind=kind.value,
        amount=balance,
        parent_id=origin.parent,
        payment_id=origin.payment_id,
        at=account.act.now,
        actor=desk.actor,
        device=desk.device,
        branch_id=desk.branch_id or None,
        reason=reason,
    )
    add_to_balance(account.act.transaction, account.patron_id, charge, balance)
    if balance < 0:
        for follow in LESS_IS_OWED:
            follow(account)
    return charge._replace(
        amount=charge.amount + charged,
        paid=charge.paid + paid,
        written_off=charge.written_off + written_off,
        balance=charge.balance + balance,
    )
