"""Prices as people and suppliers write them, in minor units."""

from __future__ import annotations

import re
from decimal import Decimal

from circulation.ledger.money import exponent_of

_AMOUNT = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,3})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class WrongPrice(ValueError):
    """Text that is no price; the message says what is wrong with it."""


def price_of(amount: str | None, currency: str | None) -> tuple[int, str] | None:
    """Minor units and currency of ``299.95`` or ``299,95`` and ``DKK``; None where both are empty.

    Raises WrongPrice.
    """
    amount, currency = (amount or "").strip(), (currency or "").strip()
    if not amount and not currency:
        return None
    if not amount or not currency:
        raise WrongPrice("a price and its currency go together")
    if not _CURRENCY.fullmatch(currency):
        raise WrongPrice(f"a currency has a code of three letters, such as DKK, not {currency!r}")
    if not _AMOUNT.fullmatch(amount):
        raise WrongPrice(f"a price is an amount such as 299.95, not {amount!r}")
    units = Decimal(amount.replace(",", ".")).scaleb(exponent_of(currency))
    if units != units.to_integral_value():
        raise WrongPrice(f"{currency} has no such parts: {amount}")
    return int(units), currency
