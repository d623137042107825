"""What the rules on money say. All amounts are in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from sqlalchemy import SmallInteger, String

from catalogue.database import Long
from circulation.fees.tiers import Tiers, read_tiers, tiers_of_text, tiers_text
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.fitting import DESCRIBED, Between
from circulation.kernel.models import AsText, Model, Wanted
from circulation.ledger.money import DEFAULT_CURRENCY

Days = Annotated[int, Between(0, 365)]
Amount = Annotated[int, Between(0, MAX_AMOUNT_MINOR_UNITS), Long]


def is_currency(value: object) -> bool:
    """Is it written as a code of ISO 4217 is?"""
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()


def _is_tariff(value: object) -> bool:
    return read_tiers(value) is not None


Currency = Annotated[str, Wanted("A_CURRENCY", is_currency), String(3)]
Tariff = Annotated[
    Tiers,
    Wanted(
        "A_TARIFF",
        _is_tariff,
        "IS",
    ),
    AsText(tiers_text, tiers_of_text),
]


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the rules say of money for one patron category and material group at one branch."""

    __pydantic_config__: ClassVar = DESCRIBED

    late_fees: Literal["none", "per_item", "per_occasion"] = "none"
    """``per_item``: so much for each item and period; ``per_occasion``: one fee for all that was
    lent together, due together and handed in together (the Danish way)."""
    currency: Currency = DEFAULT_CURRENCY
    """ISO 4217, of all amounts."""
    grace_days: Days = 0
    """Late days that cost nothing, and are not counted beyond it either."""
    closed_days: Literal["count", "skip"] = "count"
    """Do days on which the branch is closed count as late, or are they left out?"""
    calendar: Literal["lending", "returning", "home"] = "lending"
    """By whose calendar: that of the branch that lent, of that where the item was handed in, or
    where it belongs."""
    rate: Amount = 0
    """Per item: for each `period` begun."""
    period: Literal["hour", "day", "week"] = "day"
    """The period of the `rate`."""
    cap: Amount | None = None
    """Per item: the most that an item costs."""
    price_cap: bool = False
    """Per item: no more than the price of the item."""
    tiers: Tariff = ()
    """Per occasion: the tariff, by days late."""
    ceilings: Tariff | None = None
    """What no tariff goes above."""
    child_under: Annotated[int, Between(0, 120), SmallInteger()] | None = None
    """Who was so many years old on the due date is no child any more."""
    child_tiers: Tariff | None = None
    """The tariff for children; without it that for all."""
    child_ceilings: Tariff | None = None
    """What no tariff for children goes above; without it as for all."""
    group_date: Literal["loan", "renewal"] = "loan"
    """Items were lent together that have one date of loan, or one date of the last renewal (or
    suspension, or loan)."""
    occasion: Literal["day", "session"] = "day"
    """They were handed in together on one day, or in one session at one machine."""
    accrues_while_marked: bool = False
    """Are days late counted on after an item was declared lost, or claimed returned and found
    again?"""
    compensation: Literal["none", "price", "fixed"] = "none"
    """For what is lost or billed: the item's price, or `replacement` where it has none; ``fixed``
    is always `replacement`."""
    replacement: Amount = 0
    """See `compensation`."""
    handling: Amount = 0
    """Charged on top of a compensation."""
    bill_fee: Literal["none", "accrued", "top"] = "none"
    """What late fee comes with a bill: none, what has accrued, or the top of the tariff."""
    refund_days: Annotated[int, Between(0, 3_650)] | None = None
    """A compensation that was paid is given back if the item turns up within so many days of the
    payment; without it always."""
    loan_fee: Amount = 0
    """What lending costs."""
    renewal_fee: Amount = 0
    """What renewing costs."""
    hold_fee: Amount = 0
    """What placing a hold costs."""
    block_threshold: Amount | None = None
    """Who owes as much in fees, was warned in writing `block_days` ago and owes it still is
    blocked; without it nobody is."""
    block_days: Days = 7
    """See `block_threshold`."""
    block_counts_compensation: bool = False
    """Do compensations count as well? Danish law gives no ground for that by itself."""
    partial_payment: bool = True
    """May a charge be paid in part?"""
    overpayment: Literal["refuse", "credit"] = "refuse"
    """Is more than is owed refused, or kept for the patron?"""


FEE_TERMS = Model(FeeTerms, "NO_SUCH_FEE_FIELD")
#: The settings that are tariffs.
TARIFFS = tuple(name for name, each in FEE_TERMS.settings.items() if each.kind == Tiers)
