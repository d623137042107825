"""What people and partners do to charges: charging by hand, taking off, giving back.

Each is done once for each order id (`circulation.ledger.orders`); without one, each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.kernel.results import Refusal, Refused
from circulation.ledger.charges import (
    NewCharge,
    create_charge,
    open_charge,
    reduce_charge,
    reduce_write_off,
    write_off,
)
from circulation.ledger.money import Allocation, Charge, amount_text
from circulation.ledger.orders import Asked, Done, MoneyAct, limit_refusals, once
from circulation.ledger.postings import Account, find_charge, open_account
from circulation.ledger.reversals import reimburse


class _Change(NamedTuple):
    """A change of one charge, and the amount that it takes where none is given."""

    do: Callable[[Account, Charge, str, int], Charge]
    default: Callable[[Charge], int]


def _balance(charge: Charge) -> int:
    return max(charge.balance, 0)


#: What can be done to one charge, or to `amount` of it.
CHANGES: Final[dict[MoneyAct, _Change]] = {
    MoneyAct.WRITE_OFF: _Change(write_off, _balance),
    MoneyAct.WRITE_OFF_REDUCTION: _Change(reduce_write_off, lambda charge: charge.written_off),
    MoneyAct.REDUCTION: _Change(
        lambda account, charge, reason, amount: reduce_charge(account, charge, amount, reason),
        _balance,
    ),
    MoneyAct.REIMBURSEMENT: _Change(reimburse, lambda charge: max(-charge.balance, 0)),
}


class Portion(NamedTuple):
    """How much of a charge is changed: `amount` minor units, or all there is.

    `limit` is the most that the caller may change at once.
    """

    amount: int | None = None
    limit: int | None = None


ALL_THERE_IS: Final = Portion()


class AboveLimit(ValueError):
    """A change of a charge is larger than the caller may make at once."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A charge as it stands; `was_repeated` where this order id had been used for it before."""

    charge: Charge
    was_repeated: bool = False


def charge_patron(
    act: Act, patron_id: int, new: NewCharge, *, order_id: str | None = None
) -> Changed | Refused:
    """Charges the patron by hand. Refused with ORDER_ID_TAKEN and AMOUNT_ABOVE_LIMIT alone."""
    transaction, circulation, desk, _ = act
    if refusals := limit_refusals(new.amount, new.currency):
        return Refused(refusals)
    set_up = circulation.current_set_up(transaction)
    account = open_account(act, set_up, patron_id)

    def do() -> Done:
        return Done((Allocation(create_charge(account, new).id, new.amount),))

    asked = Asked(MoneyAct.CHARGE, new.amount, new.currency)
    return _changed(transaction, once(account, desk.agency_id, order_id, asked, do))


def change_charge(
    act: Act,
    *,
    change: MoneyAct,
    charge_id: int,
    reason: str,
    portion: Portion = ALL_THERE_IS,
    order_id: str | None = None,
) -> Changed | Refused:
    """Does one of `CHANGES` to a portion of the charge.

    What there is, and whether it is within the limit, is decided under the lock of the patron, so
    that a payment at the same moment counts.
    Refused with ORDER_ID_TAKEN alone. Raises AboveLimit, and ValueError for a charge that is not
    known, and for more than there is.
    """
    transaction, (amount, limit) = act.transaction, portion
    account, charge = open_charge(act, charge_id=charge_id)

    def do() -> Done:
        apply, default = CHANGES[change]
        units = default(charge) if amount is None else amount
        if limit is not None and units > limit:
            most = amount_text(limit, charge.currency)
            raise AboveLimit(f"you may give up {most} at once")
        changed = apply(account, charge, reason, units)
        return Done((Allocation(changed.id, abs(changed.balance - charge.balance)),))

    asked = Asked(change, amount, charge.currency, (charge.id,))
    return _changed(transaction, once(account, charge.agency_id, order_id, asked, do))


def _changed(transaction: Transaction, done: Done | Refusal) -> Changed | Refused:
    if isinstance(done, Refusal):
        return Refused((done,))
    charge = find_charge(transaction, charge_id=done.shares[0].charge_id)
    assert charge is not None
    return Changed(charge, done.was_repeated)
