"""Giving up what a patron owes, as a machine or a till asks for it: a payment type that is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from catalogue.statements import Transaction, many
from circulation.engine import Circulation
from circulation.fees.rules import FeeTerms
from circulation.ledger.balances import balances_of
from circulation.ledger.charges import write_off
from circulation.ledger.money import Balance, PostingKind
from circulation.ledger.payments import charges_of_account, shares_of
from circulation.ledger.postings import open_account
from circulation.ledger.schema import charge_postings, charges
from circulation.patrons.identifiers import find_patron
from circulation.reasons import Reason
from circulation.results import Desk, Refusal, Refused

#: Any part of what is owed can be given up, and no more.
_TERMS: Final = FeeTerms(partial_payment=True, overpayment="refuse")
_by_reason: Callable[..., Any] = many(
    select(charges.c.id, charge_postings.c.amount, charges.c.currency)
    .select_from(charge_postings.join(charges, charges.c.id == charge_postings.c.charge_id))
    .where(
        charges.c.patron_id == bindparam("of_patron"),
        charges.c.agency_id == bindparam("of_agency"),
        charge_postings.c.kind == PostingKind.WRITE_OFF.value,
        charge_postings.c.reason == bindparam("of_reason"),
    )
    .order_by(charge_postings.c.id),
    None,
    "of_patron",
    "of_agency",
    "of_reason",
)


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


def give_up(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron: str,
    amount: int,
    currency: str,
    reason: str,
    now: datetime,
    order_id: str | None = None,
    charge: int | None = None,
) -> GivenUp | Refused:
    """Writes off `amount` of the `charge`, or of all that is owed to the agency, the oldest first.

    Refused as a payment is: see `circulation.ledger.payments.pay`. The same `order_id` once more
    gives the same answer and does nothing; it stands in the ledger after the `reason`.
    """
    patron_id = find_patron(transaction, patron, key=circulation.identifiers)
    if patron_id is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.current_set_up(transaction)
    if desk.branch_id not in set_up.branches:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
    account = open_account(transaction, set_up, desk, patron_id, now)
    if order_id:
        reason = f"{reason} {order_id}"
        done = _by_reason(transaction, patron_id, desk.agency_id, reason)
        if done:
            return _once_more(transaction, patron_id, done, amount, currency)
    owed = charges_of_account(transaction, patron_id, desk.agency_id)
    wanted = None if charge is None else (charge,)
    shares = shares_of(owed, wanted, None, amount, currency, _TERMS)
    if isinstance(shares, Refusal):
        return Refused((shares,))
    for owing, share in shares:
        write_off(account, owing, reason, share)
    return GivenUp(
        patron_id,
        amount,
        currency,
        tuple(owing.id for owing, _ in shares),
        balances_of(transaction, patron_id),
    )


def _once_more(
    transaction: Transaction,
    patron_id: int,
    done: list[tuple[int, int, str]],
    amount: int,
    currency: str,
) -> GivenUp | Refused:
    """The answer to an order id under which `done` was written off: charge, posting, currency."""
    if {each for _, _, each in done} != {currency} or -sum(each for _, each, _ in done) != amount:
        return Refused((Refusal(Reason.ORDER_ID_TAKEN),))
    written_off = tuple(charge_id for charge_id, _, _ in done)
    balances = balances_of(transaction, patron_id)
    return GivenUp(patron_id, amount, currency, written_off, balances, was_repeated=True)
