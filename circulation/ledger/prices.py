"""Amounts as people and suppliers write them, in minor units."""

from __future__ import annotations

import re
from decimal import Decimal

from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.ledger.money import amount_text, exponent_of

_AMOUNT = re.compile(r"[0-9]{1,15}(?:[.,]([0-9]{1,3}))?", re.ASCII)
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
    if not _AMOUNT.fullmatch(amount):
        raise WrongPrice(f"a price is an amount such as 299.95, not {amount!r}")
    return minor_units(amount, currency), currency


def minor_units(amount: str, currency: str) -> int:
    """An amount such as ``50``, ``50.25`` or ``50,25``, never below nothing, in minor units.

    No more decimals than the currency has (ISO 4217), even zeros: ``1.000`` may well mean a
    thousand. Raises WrongPrice.
    """
    if not _CURRENCY.fullmatch(currency):
        raise WrongPrice(f"a currency has a code of three letters, such as DKK, not {currency!r}")
    found = _AMOUNT.fullmatch(amount.strip())
    if found is None:
        raise WrongPrice(f"{amount!r} is no amount such as 299.95 or 299,95")
    digits = exponent_of(currency)
    if len(found[1] or "") > digits:
        has = f"{digits} decimals" if digits else "no decimals"
        raise WrongPrice(f"an amount in {currency} has {has}: {amount!r} has {len(found[1])}")
    units = int(Decimal(found[0].replace(",", ".")).scaleb(digits))
    if units > MAX_AMOUNT_MINOR_UNITS:
        most = amount_text(MAX_AMOUNT_MINOR_UNITS, currency)
        raise WrongPrice(f"{amount!r} is too large: the largest amount is {most}")
    return units
