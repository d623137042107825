"""What people and partners do to charges: charging by hand, taking off, giving back.

Each is done once for each order id (`circulation.ledger.orders`); without one, each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from catalogue.database import Transaction
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Desk, Refusal, Refused
from circulation.ledger.charges import (
    create_charge,
    open_charge,
    reduce_charge,
    reduce_write_off,
    write_off,
)
from circulation.ledger.money import Allocation, Charge, ChargeKind
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
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron_id: int,
    kind: ChargeKind,
    amount: int,
    currency: str,
    reason: str,
    now: datetime,
    order_id: str | None = None,
) -> Changed | Refused:
    """Charges the patron `amount` minor units by hand, owed to the desk's agency.

    Refused with ORDER_ID_TAKEN alone.
    """
    set_up = circulation.current_set_up(transaction)
    account = open_account(transaction, set_up, desk, patron_id, now)

    def do() -> Done:
        made = create_charge(
            circulation, account, kind, amount, currency, branch_id=desk.branch_id, reason=reason
        )
        return Done((Allocation(made.id, amount),))

    asked = Asked(MoneyAct.CHARGE, amount, currency)
    return _changed(transaction, once(account, desk.agency_id, order_id, asked, do))


def change_charge(
    circulation: Circulation,
    transaction: Transaction,
    *,
    act: MoneyAct,
    charge_id: int,
    desk: Desk,
    reason: str,
    now: datetime,
    amount: int | None = None,
    order_id: str | None = None,
) -> Changed | Refused:
    """Does one of `CHANGES` to `amount` minor units of the charge, or to all there is.

    Refused with ORDER_ID_TAKEN alone. Raises ValueError for a charge that is not known, and for
    more than there is.
    """
    account, charge = open_charge(circulation, transaction, charge_id=charge_id, desk=desk, now=now)

    def do() -> Done:
        changed = CHANGES[act](account, charge, reason=reason, amount=amount)
        return Done((Allocation(changed.id, abs(changed.balance - charge.balance)),))

    asked = Asked(act, amount, charge.currency, (charge.id,))
    return _changed(transaction, once(account, charge.agency_id, order_id, asked, do))


def _changed(transaction: Transaction, done: Done | Refusal) -> Changed | Refused:
    if isinstance(done, Refusal):
        return Refused((done,))
    charge = find_charge(transaction, done.shares[0].charge_id)
    assert charge is not None
    return Changed(charge, done.was_repeated)
