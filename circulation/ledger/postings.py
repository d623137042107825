"""The ledger: postings are added and never changed, and the sums move with them.

Every posting is written by `post`, under the lock of the patron, and with it, in the same
transaction, the amounts of its charge and the balance of the patron. Features follow when a patron
owes less (`LESS_IS_OWED`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, select, update

from catalogue.database import Transaction, change, many, one, scalar, send
from circulation.kernel.parts import Registry
from circulation.kernel.results import Desk
from circulation.kernel.set_up import SetUp
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
    """A patron's account for one act, locked: who acts, when, and under which set-up.

    `desk` None stands for the command line and for jobs. Made by `open_account`.
    """

    transaction: Transaction
    set_up: SetUp
    desk: Desk | None
    patron_id: int
    now: datetime


#: What follows, within the act, when a patron owes less than before.
LESS_IS_OWED: Registry[Callable[[Account], object]] = Registry("less is owed")


def open_account(
    transaction: Transaction, set_up: SetUp, desk: Desk | None, patron_id: int, now: datetime
) -> Account:
    """Locks the patron: after items, before queues of holds, as everywhere."""
    lock_account(transaction, patron_id)
    return Account(transaction, set_up, desk, patron_id, now)


def charge_row(*row: Any) -> Charge:
    charge = Charge(*row)
    return charge._replace(kind=ChargeKind(charge.kind))


CHARGE_COLUMNS = tuple(charges.c[name] for name in Charge._fields)
find_charge = one(
    select(*CHARGE_COLUMNS).where(charges.c.id == bindparam("charge_id")), charge_row, "charge_id"
)

#: Of charges that are made: parameters in this order, the last for what is charged once only.
_NEW = (
    "id",
    "patron_id",
    "agency_id",
    "branch_id",
    "kind",
    "currency",
    "amount",
    "paid",
    "written_off",
    "balance",
    "reason",
    "created",
    "once",
)
insert_charge = send(
    insert(charges).values(
        {charges.c[name]: bindparam(f"new_{name}", type_=charges.c[name].type) for name in _NEW}
    ),
    *(f"new_{name}" for name in _NEW),
)
#: The posting that payments pay and reductions correct.
first_posting_of = scalar(
    select(func.min(charge_postings.c.id)).where(
        charge_postings.c.charge_id == bindparam("of_charge")
    ),
    "of_charge",
)
_MOVED = ("amount", "paid", "written_off", "balance")
_move = change(
    update(charges)
    .where(charges.c.id == bindparam("of_charge"))
    .values({name: charges.c[name] + bindparam(f"more_{name}") for name in _MOVED}),
    "of_charge",
    *(f"more_{name}" for name in _MOVED),
)
_WRITTEN = Posting._fields[1:]
_insert_posting = scalar(
    insert(charge_postings)
    .values(
        {
            charge_postings.c[name]: bindparam(f"new_{name}", type_=charge_postings.c[name].type)
            for name in _WRITTEN
        }
    )
    .returning(charge_postings.c.id),
    *(f"new_{name}" for name in _WRITTEN),
)


def _posting_row(*row: Any) -> Posting:
    posting = Posting(*row)
    return posting._replace(kind=PostingKind(posting.kind))


_POSTING_COLUMNS = tuple(charge_postings.c[name] for name in Posting._fields)
postings_of = many(
    select(*_POSTING_COLUMNS)
    .where(charge_postings.c.charge_id == bindparam("of_charge"))
    .order_by(charge_postings.c.id),
    _posting_row,
    "of_charge",
)
postings_of_payment = many(
    select(*_POSTING_COLUMNS)
    .where(charge_postings.c.payment_id == bindparam("of_payment"))
    .order_by(charge_postings.c.id),
    _posting_row,
    "of_payment",
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
    desk = account.desk
    if not _move(account.transaction, charge.id, charged, paid, written_off, balance):
        raise ChargeGone(f"there is no charge {charge.id}")
    _insert_posting(
        account.transaction,
        charge.id,
        kind.value,
        balance,
        origin.parent,
        origin.payment_id,
        account.now,
        desk.actor if desk else "",
        desk.device if desk else "",
        desk.branch_id if desk else None,
        reason,
    )
    add_to_balance(
        account.transaction,
        account.patron_id,
        charge.agency_id,
        charge.currency,
        charge.kind,
        balance,
    )
    if balance < 0:
        for follow in LESS_IS_OWED:
            follow(account)
    return charge._replace(
        amount=charge.amount + charged,
        paid=charge.paid + paid,
        written_off=charge.written_off + written_off,
        balance=charge.balance + balance,
    )
