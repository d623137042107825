"""Claims: debts handed over for collection, and keeping the debtor system up to date on them.

A claim is opened by a step of the flow and closed when nothing is owed any more: the item came
back, it was paid, or staff called the claim back. Each change is a line for the next file (see
`circulation.dunning.collection_files`). What changes before the debtor system has heard of a claim
changes what it will hear; a claim settled by then is never sent.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Select, Update, delete, func, insert, select, update

from catalogue.database import Statement, change, columns, many, one, scalar_one, send
from circulation.dunning.debt_facts import DebtRow
from circulation.dunning.schema import collection_claims, collection_lines
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.stored import stored_as
from circulation.ledger.balances import lock_account
from circulation.ledger.money import ChargeKind
from circulation.ledger.schema import charges

#: Claims looked at in one transaction.
BATCH = 500


class ClaimKind(Enum):
    """What the debtor system is told that a claim is for: the law treats them apart."""

    FEE = "fee"
    COMPENSATION_UNRETURNED = "compensation_unreturned"
    COMPENSATION_DAMAGED = "compensation_damaged"

    @classmethod
    def of(cls, kind: ChargeKind) -> ClaimKind:
        if kind is ChargeKind.COMPENSATION:
            return cls.COMPENSATION_UNRETURNED
        return cls.COMPENSATION_DAMAGED if kind is ChargeKind.DAMAGE else cls.FEE


class LineAction(Enum):
    """What a line of a file does with a claim."""

    CREATE = "create"
    CHANGE = "change"  # so much is owed from now on
    WITHDRAW = "withdraw"


class Claim(NamedTuple):
    """A debt that was handed over; `amount` is what the debtor system was last to be told.

    `debtor_id` is who is to pay. `reason` tells why it was closed.
    """

    id: int
    charge_id: int
    patron_id: int | None
    debtor_id: int | None
    agency_id: int
    kind: ClaimKind
    currency: str
    amount: int
    opened: datetime
    closed: datetime | None
    reason: str


def select_claims() -> Select[Any]:
    """Claims, each a `Claim`."""
    kind = stored_as(collection_claims.c.kind, ClaimKind)
    return select(*columns(Claim, collection_claims, kind=kind))


@one(Claim)
def find_claim(*, claim_id: int) -> Statement:
    return select_claims().where(collection_claims.c.id == claim_id)


@send
def _insert_claim(
    *,
    claim_id: int,
    charge_id: int,
    patron_id: int,
    debtor_id: int,
    agency_id: int,
    kind: str,
    currency: str,
    amount: int,
    opened: datetime,
) -> Statement:
    given = locals()
    return insert(collection_claims).values(id=given.pop("claim_id"), reason="", **given)


@send
def _insert_line(
    *, claim_id: int, action: str, amount: int, at: datetime, reason: str
) -> Statement:
    return insert(collection_lines).values(locals())


def _update_open(claim_id: int) -> Update:
    is_open = collection_claims.c.id == claim_id, collection_claims.c.closed.is_(None)
    return update(collection_claims).where(*is_open)


#: Locks the claim as well: whether a line of it was sent is read afterwards.
@change
def _set_amount(*, claim_id: int, amount: int) -> Statement:
    return _update_open(claim_id).values(amount=amount)


@change
def _close(*, claim_id: int, closed: datetime, reason: str) -> Statement:
    return _update_open(claim_id).values(closed=closed, reason=reason)


@send
def _claim_nothing(*, claim_id: int) -> Statement:
    return update(collection_claims).where(collection_claims.c.id == claim_id).values(amount=0)


_IS_UNSENT = collection_lines.c.file_id.is_(None)


@scalar_one(int)
def _sent_lines(*, claim_id: int) -> Statement:
    its = collection_lines.c.claim_id == claim_id
    return select(func.count()).select_from(collection_lines).where(its, ~_IS_UNSENT)


@send
def _set_unsent(*, claim_id: int, amount: int) -> Statement:
    its = collection_lines.c.claim_id == claim_id
    return update(collection_lines).where(its, _IS_UNSENT).values(amount=amount)


@send
def _delete_unsent(*, claim_id: int) -> Statement:
    return delete(collection_lines).where(collection_lines.c.claim_id == claim_id, _IS_UNSENT)


class _Changed(NamedTuple):
    """A claim of another amount than its charge has: what is owed of it, and why no more."""

    id: int
    patron_id: int | None
    balance: int
    amount: int
    written_off: int


def _select_changed() -> Select[Any]:
    owed = {"balance": charges.c.balance, "amount": charges.c.amount}
    return (
        select(*columns(_Changed, collection_claims, **owed, written_off=charges.c.written_off))
        .select_from(collection_claims.join(charges, charges.c.id == collection_claims.c.charge_id))
        .where(
            collection_claims.c.closed.is_(None),
            collection_claims.c.amount != charges.c.balance,
        )
    )


@many(_Changed)
def _changed(*, after: int, at_most: int) -> Statement:
    beyond = collection_claims.c.id > after
    return _select_changed().where(beyond).order_by(collection_claims.c.id).limit(at_most)


@one(_Changed)
def _changed_of(*, claim_id: int) -> Statement:
    return _select_changed().where(collection_claims.c.id == claim_id)


def open_claim(act: Act, debt: DebtRow, debtor_id: int) -> None:
    """Hands a debt over, of a patron who is locked."""
    transaction, circulation, _, now = act
    claim_id, kind = circulation.ids.next(now), ClaimKind.of(ChargeKind(debt.kind)).value
    _insert_claim(
        transaction,
        claim_id=claim_id,
        charge_id=debt.id,
        patron_id=debt.patron_id,
        debtor_id=debtor_id,
        agency_id=debt.agency_id,
        kind=kind,
        currency=debt.currency,
        amount=debt.balance,
        opened=now,
    )
    _add_line(act, claim_id, LineAction.CREATE, debt.balance)
    told = {"claim": claim_id, "charge": debt.id, "kind": kind}
    told |= {"amount": debt.balance, "currency": debt.currency}
    append_event(act, NewEvent(EventKind.SENT_TO_COLLECTION, patron_id=debt.patron_id, after=told))


def follow_charges(act: Act, after: int = 0) -> tuple[int, int, int | None]:
    """Brings a page of claims up to date with what is owed: how many were changed, how many were
    withdrawn, and where to go on."""
    transaction = act.transaction
    rows = _changed(transaction, after=after, at_most=BATCH)
    changed = withdrawn = 0
    for each in rows:
        if each.patron_id is not None:
            lock_account(transaction, patron_id=each.patron_id)
        row = _changed_of(transaction, claim_id=each.id)
        if row is None:
            continue
        if row.balance > 0:
            changed += _say_changed(act, row.id, row.balance)
        else:
            why = "cancelled" if row.amount == 0 else "written off" if row.written_off else "paid"
            withdrawn += withdraw_from_collection(act, row.id, reason=why)
    return changed, withdrawn, rows[-1].id if len(rows) == BATCH else None


def _add_line(act: Act, claim_id: int, action: LineAction, amount: int, reason: str = "") -> None:
    told = {"action": action.value, "reason": reason}
    _insert_line(act.transaction, claim_id=claim_id, amount=amount, at=act.now, **told)


def _say_changed(act: Act, claim_id: int, balance: int) -> bool:
    """Claim another amount; return False where the claim was closed meanwhile."""
    if not _set_amount(act.transaction, claim_id=claim_id, amount=balance):
        return False
    if _sent_lines(act.transaction, claim_id=claim_id):
        _add_line(act, claim_id, LineAction.CHANGE, balance)
    else:
        _set_unsent(act.transaction, claim_id=claim_id, amount=balance)
    return True


def withdraw_from_collection(act: Act, claim_id: int, *, reason: str) -> bool:
    """Calls a claim back; False where it was closed already, or never opened.

    The debt itself stands. One that the debtor system has not heard of is never sent.
    """
    transaction = act.transaction
    claim = find_claim(transaction, claim_id=claim_id)
    if claim is None or not _close(transaction, claim_id=claim_id, closed=act.now, reason=reason):
        return False
    if _sent_lines(transaction, claim_id=claim_id):
        _claim_nothing(transaction, claim_id=claim_id)
        _add_line(act, claim_id, LineAction.WITHDRAW, 0, reason)
    else:
        _delete_unsent(transaction, claim_id=claim_id)
    told = {"claim": claim_id, "charge": claim.charge_id, "reason": reason}
    append_event(
        act, NewEvent(EventKind.COLLECTION_WITHDRAWN, patron_id=claim.patron_id, after=told)
    )
    return True
