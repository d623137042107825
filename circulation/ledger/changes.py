"""What people and partners do to charges: charging by hand, taking off, giving back.

Each is done once for each order id (`circulation.ledger.orders`); without one, each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

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
from circulation.ledger.money import Allocation, Charge
from circulation.ledger.orders import Asked, Done, MoneyAct, once
from circulation.ledger.postings import Account, find_charge, open_account
from circulation.ledger.reversals import reimburse


def _reduce(account: Account, charge: Charge, reason: str, amount: int | None = None) -> Charge:
    return reduce_charge(account, charge, charge.amount if amount is None else amount, reason)


#: What can be done to one charge, or to `amount` of it.
CHANGES: Final[dict[MoneyAct, Callable[..., Charge]]] = {
    MoneyAct.WRITE_OFF: write_off,
    MoneyAct.WRITE_OFF_REDUCTION: reduce_write_off,
    MoneyAct.REDUCTION: _reduce,
    MoneyAct.REIMBURSEMENT: reimburse,
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A charge as it stands; `was_repeated` where this order id had been used for it before."""

    charge: Charge
    was_repeated: bool = False


def charge_patron(
    act: Act, patron_id: int, new: NewCharge, *, order_id: str | None = None
) -> Changed | Refused:
    """Charges the patron by hand. Refused with ORDER_ID_TAKEN alone."""
    transaction, circulation, desk, _ = act
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
    amount: int | None = None,
    order_id: str | None = None,
) -> Changed | Refused:
    """Does one of `CHANGES` to `amount` minor units of the charge, or to all there is.

    Refused with ORDER_ID_TAKEN alone. Raises ValueError for a charge that is not known, and for
    more than there is.
    """
    transaction = act.transaction
    account, charge = open_charge(act, charge_id=charge_id)

    def do() -> Done:
        changed = CHANGES[change](account, charge, reason=reason, amount=amount)
        return Done((Allocation(changed.id, abs(changed.balance - charge.balance)),))

    asked = Asked(change, amount, charge.currency, (charge.id,))
    return _changed(transaction, once(account, charge.agency_id, order_id, asked, do))


def _changed(transaction: Transaction, done: Done | Refusal) -> Changed | Refused:
    if isinstance(done, Refusal):
        return Refused((done,))
    charge = find_charge(transaction, charge_id=done.shares[0].charge_id)
    assert charge is not None
    return Changed(charge, done.was_repeated)
