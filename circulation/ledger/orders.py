"""Orders: whatever moves money because somebody asks for it is done once for each order id.

A till, a machine, a partner or a script that lost the answer asks again, and gets the same answer.
So every such act (see `MoneyAct`) names what it is about and goes through `once`, which takes the
order id before anything is done and keeps with it what was done, in the transaction that does it.
Two that come at one time wait for each other at the order id, whichever process they have come
to.

What circulation charges by itself has no order id: the state of the loan, the hold or the step of
the flow makes it happen once, and `charges.once` names the occasion.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import blake2b
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from catalogue.database import Statement, change, columns, one, send
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.ledger.money import Allocation
from circulation.ledger.postings import Account
from circulation.ledger.schema import money_orders

#: Characters of an order id that is kept as it is.
LONGEST_ORDER_ID: Final = 255


def kept_order_id(order_id: str) -> str:
    """How an order id is kept: one that is longer than any till makes them, and than an index of
    PostgreSQL holds, as its digest."""
    if len(order_id) <= LONGEST_ORDER_ID:
        return order_id
    return blake2b(order_id.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


class MoneyAct(Enum):
    """What can be asked for. The value is what `money_orders.act` holds."""

    PAYMENT = "payment"
    CHARGE = "charge"
    WRITE_OFF = "write_off"
    WRITE_OFF_REDUCTION = "write_off_reduction"
    REDUCTION = "reduction"  # of what was charged; to nothing, it is cancelled
    REIMBURSEMENT = "reimbursement"


class Asked(NamedTuple):
    """What an order asks for: a repetition says the same in every part.

    `amount` in minor units, None for all there is. `charges` are ids, empty where none is named.
    """

    act: MoneyAct
    amount: int | None
    currency: str
    charges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What an order has done: how much to which charges, and the payment where it took one."""

    shares: tuple[Allocation, ...]
    payment_id: int | None = None
    was_repeated: bool = False


class _Row(NamedTuple):
    patron_id: int | None
    act: str
    amount: int | None
    currency: str
    charges: str | None
    payment_id: int | None
    shares: str | None


@change
def _take(
    *,
    agency_id: int,
    order_id: str,
    patron_id: int | None,
    act: str,
    amount: int | None,
    currency: str,
    charges: str | None,
    at: datetime,
) -> Statement:
    """(Both databases spell it alike.) PostgreSQL waits here for whoever has the id and is not
    done."""
    return insert(money_orders).values(locals()).on_conflict_do_nothing()


def _is_it(agency_id: int, order_id: str) -> tuple[ColumnElement[bool], ...]:
    return money_orders.c.agency_id == agency_id, money_orders.c.order_id == order_id


@one(_Row)
def _find(*, agency_id: int, order_id: str) -> Statement:
    return select(*columns(_Row, money_orders)).where(*_is_it(agency_id, order_id))


@send
def _give_back(*, agency_id: int, order_id: str) -> Statement:
    return delete(money_orders).where(*_is_it(agency_id, order_id))


@send
def _note(
    *, agency_id: int, order_id: str, payment_id: int | None, shares: str | None
) -> Statement:
    return (
        update(money_orders)
        .where(*_is_it(agency_id, order_id))
        .values(payment_id=payment_id, shares=shares)
    )


def limit_refusals(amount: int, currency: str) -> tuple[Refusal, ...]:
    """Return the refusal of an amount above MAX_AMOUNT_MINOR_UNITS; empty for any other."""
    if amount <= MAX_AMOUNT_MINOR_UNITS:
        return ()
    limit = MAX_AMOUNT_MINOR_UNITS
    return (Refusal(Reason.AMOUNT_ABOVE_LIMIT, amount=limit, currency=currency),)


def once(
    account: Account,
    agency_id: int,
    order_id: str | None,
    asked: Asked,
    do: Callable[[], Done | Refusal],
) -> Done | Refusal:
    """What `do` does for the order id, once with this agency; or what it did the first time.

    Without an order id it is done each time. Whoever asks for something else under an id that was
    used is refused with ORDER_ID_TAKEN. A refusal, or an error, leaves the id free.
    """
    if not order_id:
        return do()
    order_id = kept_order_id(order_id)
    transaction = account.act.transaction
    charges = _ids(asked.charges)
    what = (account.patron_id, asked.act.value, asked.amount, asked.currency)
    is_new = _take(
        transaction,
        agency_id=agency_id,
        order_id=order_id,
        patron_id=account.patron_id,
        act=asked.act.value,
        amount=asked.amount,
        currency=asked.currency,
        charges=charges,
        at=account.act.now,
    )
    if not is_new:
        before = _find(transaction, agency_id=agency_id, order_id=order_id)
        if before is None or before[:4] != what or before.charges not in (charges, None):
            return Refusal(Reason.ORDER_ID_TAKEN)
        return _done_before(before)
    done = do()
    if isinstance(done, Refusal):
        _give_back(transaction, agency_id=agency_id, order_id=order_id)
        return done
    shares = json.dumps(done.shares)
    _note(
        transaction,
        agency_id=agency_id,
        order_id=order_id,
        payment_id=done.payment_id,
        shares=shares,
    )
    return done


def _ids(charges: Iterable[int]) -> str:
    return " ".join(str(each) for each in sorted(set(charges)))


def _done_before(before: _Row) -> Done:
    shares = tuple(Allocation(*each) for each in json.loads(before.shares or "[]"))
    return Done(shares, before.payment_id, was_repeated=True)
