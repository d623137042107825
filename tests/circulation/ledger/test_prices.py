"""Prices as they are written."""

from __future__ import annotations

import pytest

from circulation.ledger.prices import WrongPrice, price_of


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("299.95", "DKK", 29_995), ("299,9", "DKK", 29_990), ("5", "EUR", 500), ("700", "ISK", 700)],
)
def test_a_price(amount: str, currency: str, units: int) -> None:
    assert price_of(amount, currency) == (units, currency)


def test_no_price() -> None:
    assert price_of(None, None) is None
    assert price_of(" ", "") is None


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("5", None),
        (None, "DKK"),
        ("5", "kr"),
        ("-5", "DKK"),
        ("1.234,50", "DKK"),
        ("5.5", "ISK"),
        ("1.000", "DKK"),
    ],
)
def test_what_is_no_price(amount: str | None, currency: str | None) -> None:
    with pytest.raises(WrongPrice):
        price_of(amount, currency)
