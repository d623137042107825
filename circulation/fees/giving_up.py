"""Giving up what a patron owes, at the request of a machine or a till: a type of payment by which
no money comes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from circulation.fees.paying import PaymentWish, payable, shares_of
from circulation.fees.terms import FeeTerms
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.ledger.balances import balances_of
from circulation.ledger.charges import reduce_charge, write_off
from circulation.ledger.money import Allocation, Balance, Charge
from circulation.ledger.orders import Asked, Done, MoneyAct, limit_refusals, once
from circulation.ledger.postings import Account, open_account
from circulation.patrons.identifiers import IDENTIFIERS, find_patron

#: Any part of what is owed can be given up, and no more.
_TERMS: Final = FeeTerms(partial_payment=True, overpayment="refuse")
#: What gives a charge up, or a part of it.
GIVING_UP: Final[dict[MoneyAct, Callable[[Account, Charge, str, int], Charge]]] = {
    MoneyAct.WRITE_OFF: write_off,
    MoneyAct.REDUCTION: lambda account, charge, reason, amount: reduce_charge(
        account, charge, amount, reason
    ),
}


@dataclass(frozen=True, slots=True)
class GivenUp:
    """`amount` minor units of `currency` are not owed any more.

    `was_repeated` where that had been done before, under the same order id.
    """

    patron_id: int
    amount: int
    currency: str
    charges: tuple[int, ...]
    balances: tuple[Balance, ...]
    was_repeated: bool = False


class GivingUp(NamedTuple):
    """`amount` minor units of the `charge` (an id, or several), or of all that is owed to the
    agency, the oldest first.

    `act` is one of `GIVING_UP`: what is owed is written off, or was charged by mistake.
    """

    amount: int
    currency: str
    reason: str
    order_id: str | None = None
    charge: int | Sequence[int] | None = None
    act: MoneyAct = MoneyAct.WRITE_OFF


def give_up(act: Act, wish: GivingUp, *, patron: str) -> GivenUp | Refused:
    """Gives up what the patron owes. Refused as a payment is, and done once for each order id as a
    payment is: see `circulation.fees.paying.pay`.
    """
    transaction, circulation, desk, _ = act
    patron_id = find_patron(transaction, patron, key=IDENTIFIERS.of(circulation))
    if patron_id is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.current_set_up(transaction)
    if desk.branch_id not in set_up.branches:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
    if refusals := limit_refusals(wish.amount, wish.currency):
        return Refused(refusals)
    account = open_account(act, set_up, patron_id)
    as_paid = PaymentWish(wish.amount, wish.currency, wish.order_id, wish.charge)

    def do() -> Done | Refusal:
        owed = payable(transaction, patron_id, {desk.agency_id}, as_paid)
        shares = shares_of(owed, as_paid, _TERMS)
        if isinstance(shares, Refusal):
            return shares
        for owing, share in shares:
            GIVING_UP[wish.act](account, owing, wish.reason, share)
        return Done(tuple(Allocation(owing.id, share) for owing, share in shares))

    asked = Asked(wish.act, wish.amount, wish.currency, as_paid.charges or ())
    done = once(account, desk.agency_id, wish.order_id, asked, do)
    if isinstance(done, Refusal):
        return Refused((done,))
    balances = balances_of(transaction, patron_id)
    given_up = tuple(each.charge_id for each in done.shares)
    return GivenUp(patron_id, wish.amount, wish.currency, given_up, balances, done.was_repeated)
