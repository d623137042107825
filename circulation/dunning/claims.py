"""Claims: debts handed over for collection, and keeping the debtor system up to date on them.

A claim is opened by a step of the flow and closed when nothing is owed any more: the item came
back, it was paid, or staff called the claim back. Each change is a line for the next file (see
`circulation.dunning.collection_files`). What changes before the debtor system has heard of a claim
changes what it will hear; a claim settled by then is never sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from catalogue.database import Moment, Transaction, change, many, one, scalar, send
from circulation.dunning.schema import collection_claims, collection_lines
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk
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


def claim_row(*row: Any) -> Claim:
    claim = Claim(*row)
    return claim._replace(kind=ClaimKind(claim.kind))


CLAIM_COLUMNS = tuple(collection_claims.c[name] for name in Claim._fields)
_insert_claim = send(
    insert(collection_claims).values(
        {
            collection_claims.c[name]: bindparam(
                f"new_{name}", type_=collection_claims.c[name].type
            )
            for name in Claim._fields
        }
    ),
    *(f"new_{name}" for name in Claim._fields),
)
_LINE = ("claim_id", "action", "amount", "at", "reason")
_insert_line = send(
    insert(collection_lines).values(
        {
            collection_lines.c[name]: bindparam(f"new_{name}", type_=collection_lines.c[name].type)
            for name in _LINE
        }
    ),
    *(f"new_{name}" for name in _LINE),
)
_set_amount = send(
    update(collection_claims)
    .where(collection_claims.c.id == bindparam("of_claim"))
    .values(amount=bindparam("new_amount")),
    "of_claim",
    "new_amount",
)
_close = change(
    update(collection_claims)
    .where(collection_claims.c.id == bindparam("of_claim"), collection_claims.c.closed.is_(None))
    .values(closed=bindparam("new_closed", type_=Moment), reason=bindparam("new_reason")),
    "of_claim",
    "new_closed",
    "new_reason",
)
_unsent = collection_lines.c.file_id.is_(None)
_sent_lines = scalar(
    select(func.count())
    .select_from(collection_lines)
    .where(collection_lines.c.claim_id == bindparam("of_claim"), ~_unsent),
    "of_claim",
)
_set_unsent = send(
    update(collection_lines)
    .where(collection_lines.c.claim_id == bindparam("of_claim"), _unsent)
    .values(amount=bindparam("new_amount")),
    "of_claim",
    "new_amount",
)
_delete_unsent = send(
    delete(collection_lines).where(collection_lines.c.claim_id == bindparam("of_claim"), _unsent),
    "of_claim",
)
find_claim = one(
    select(*CLAIM_COLUMNS).where(collection_claims.c.id == bindparam("of_claim")),
    claim_row,
    "of_claim",
)


def _select_changed() -> Select[Any]:
    return (
        select(
            collection_claims.c.id,
            collection_claims.c.patron_id,
            charges.c.balance,
            charges.c.amount,
            charges.c.written_off,
        )
        .select_from(collection_claims.join(charges, charges.c.id == collection_claims.c.charge_id))
        .where(
            collection_claims.c.closed.is_(None),
            collection_claims.c.amount != charges.c.balance,
        )
    )


_changed: Callable[..., list[Any]] = many(
    _select_changed()
    .where(collection_claims.c.id > bindparam("after"))
    .order_by(collection_claims.c.id)
    .limit(bindparam("at_most")),
    None,
    "after",
    "at_most",
)
_changed_of: Callable[..., Any] = one(
    _select_changed().where(collection_claims.c.id == bindparam("of_claim")), None, "of_claim"
)


def open_claim(
    circulation: Circulation,
    transaction: Transaction,
    *,
    charge_id: int,
    patron_id: int,
    debtor_id: int,
    agency_id: int,
    charge_kind: ChargeKind,
    currency: str,
    amount: int,
    now: datetime,
    desk: Desk | None = None,
) -> int:
    """Hands a debt over, of a patron who is locked; the number of the claim."""
    claim_id = circulation.ids.next(now)
    kind = ClaimKind.of(charge_kind)
    _insert_claim(
        transaction,
        claim_id,
        charge_id,
        patron_id,
        debtor_id,
        agency_id,
        kind.value,
        currency,
        amount,
        now,
        None,
        "",
    )
    _insert_line(transaction, claim_id, LineAction.CREATE.value, amount, now, "")
    write_event(
        transaction,
        EventKind.SENT_TO_COLLECTION,
        desk,
        now,
        patron_id=patron_id,
        after={
            "claim": claim_id,
            "charge": charge_id,
            "kind": kind.value,
            "amount": amount,
            "currency": currency,
        },
    )
    return claim_id


def follow_charges(
    transaction: Transaction, *, now: datetime, after: int = 0
) -> tuple[int, int, int | None]:
    """Brings a page of claims up to date with what is owed: how many were changed, how many were
    withdrawn, and where to go on."""
    rows = _changed(transaction, after, BATCH)
    changed = withdrawn = 0
    for claim_id, patron_id, *_ in rows:
        if patron_id is not None:
            lock_account(transaction, patron_id=patron_id)
        row = _changed_of(transaction, claim_id)
        if row is None:
            continue
        _, _, balance, amount, written_off = row
        if balance > 0:
            _say_changed(transaction, claim_id, balance, now)
            changed += 1
        else:
            why = "cancelled" if amount == 0 else "written off" if written_off else "paid"
            withdraw_from_collection(transaction, claim_id, reason=why, now=now)
            withdrawn += 1
    return changed, withdrawn, rows[-1][0] if len(rows) == BATCH else None


def _say_changed(transaction: Transaction, claim_id: int, balance: int, now: datetime) -> None:
    _set_amount(transaction, claim_id, balance)
    if _sent_lines(transaction, claim_id):
        _insert_line(transaction, claim_id, LineAction.CHANGE.value, balance, now, "")
    else:
        _set_unsent(transaction, claim_id, balance)


def withdraw_from_collection(
    transaction: Transaction, claim_id: int, *, reason: str, now: datetime, desk: Desk | None = None
) -> bool:
    """Calls a claim back; False where it was closed already, or never opened.

    The debt itself stands. One that the debtor system has not heard of is never sent.
    """
    claim = find_claim(transaction, claim_id)
    if claim is None or not _close(transaction, claim_id, now, reason):
        return False
    if _sent_lines(transaction, claim_id):
        _set_amount(transaction, claim_id, 0)
        _insert_line(transaction, claim_id, LineAction.WITHDRAW.value, 0, now, reason)
    else:
        _delete_unsent(transaction, claim_id)
    write_event(
        transaction,
        EventKind.COLLECTION_WITHDRAWN,
        desk,
        now,
        patron_id=claim.patron_id,
        after={"claim": claim_id, "charge": claim.charge_id, "reason": reason},
    )
    return True
