"""Exact limits of money: the last value that passes, and the first that does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from circulation.calendars.opening_hours import Calendar
from circulation.fees.compensation import compensation_of
from circulation.fees.late_fees import SESSION, late_fee
from circulation.fees.lateness import Lateness, child_on, lateness, tariff, terms_of_facts, top_fee
from circulation.fees.loan_fees import fee_refusals
from circulation.fees.paying import PaymentWish, shares_of
from circulation.fees.terms import FEE_TERMS, FeeTerms
from circulation.fees.tiers import MOST_DAYS, Tier, amount_on, exceeding, read_tiers
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.prices import WrongPrice, minor_units, price_of
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import amounts, danish_fees, hand_in, late_by, lend

DUE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
ROUND_THE_CLOCK = Calendar(timezone="UTC")
SECOND = timedelta(seconds=1)


# Tariffs


@pytest.mark.parametrize(
    ("written", "is_tariff"),
    [
        ([[1, 0]], True),
        ([[0, 0]], False),
        ([[MOST_DAYS, MAX_AMOUNT_MINOR_UNITS]], True),
        ([[MOST_DAYS + 1, MAX_AMOUNT_MINOR_UNITS]], False),
        ([[MOST_DAYS, MAX_AMOUNT_MINOR_UNITS + 1]], False),
        ([[1, -1]], False),
        ([[1, 5], [2, 5]], True),
        ([[1, 5], [1, 6]], False),
        ([[1, 5], [2, 4]], False),
        (((1, 5), (2, 6)), True),
        ([[1, 2, 3]], False),
        (["12"], False),
        ([5], False),
        ([[1, True]], False),
    ],
)
def test_a_tariff(written: object, is_tariff: bool) -> None:
    assert (read_tiers(written) is not None) is is_tariff


def test_a_step_holds_from_its_day_on() -> None:
    tiers = (Tier(2, 100), Tier(5, 300))
    assert [amount_on(tiers, day) for day in (1, 2, 4, 5, 6)] == [0, 100, 100, 300, 300]


def test_a_tariff_may_reach_its_ceiling_and_not_pass_it() -> None:
    assert exceeding((Tier(2, 100),), (Tier(2, 100),)) is None
    assert exceeding((Tier(2, 101),), (Tier(2, 100),)) == Tier(2, 101)
    assert exceeding((Tier(1, 100),), (Tier(2, 100),)) == Tier(1, 100)
    assert exceeding((Tier(1, 50), Tier(4, 200)), (Tier(1, 100),)) == Tier(4, 200)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("grace_days", 365),
        ("child_under", 120),
        ("refund_days", 3_650),
        ("block_days", 365),
        ("rate", MAX_AMOUNT_MINOR_UNITS),
        ("block_threshold", MAX_AMOUNT_MINOR_UNITS),
    ],
)
def test_a_number_of_a_rule(name: str, most: int) -> None:
    for right in (0, most):
        assert FEE_TERMS.problems({name: right}) == {}
    for wrong in (-1, most + 1, 1.0, True, "1"):
        told = f"{name} is a whole number from 0 to {most}, not {wrong!r}"
        assert FEE_TERMS.problems({name: wrong}) == {name: told}


def test_what_is_wrong_with_a_rule_is_told() -> None:
    problems = FEE_TERMS.problems(
        {"late_fees": "all", "currency": "dkk", "price_cap": 1, "fee": 1, "tiers": [[1]]}
    )
    assert problems == {
        "late_fees": "late_fees is none or per_item or per_occasion, not 'all'",
        "currency": "currency is a code of three letters, such as DKK, not 'dkk'",
        "price_cap": "price_cap must be true or false, not 1",
        "fee": "fee: rules on fees have no such field",
        "tiers": "tiers is pairs of a day and an amount, both rising: [[1, 2000], [8, 12000]]",
    }
    for wrong in ("DK", "DKKK", "ÆØÅ", 208):
        assert "currency" in FEE_TERMS.problems({"currency": wrong})


# Lateness


def _late(later: timedelta, **terms: Any) -> Lateness:
    rules = FeeTerms(**({"late_fees": "per_item", "rate": 100} | terms))
    return lateness(rules, due=DUE, at=DUE + later, calendar=ROUND_THE_CLOCK, price=1_000)


@pytest.mark.parametrize(
    ("later", "terms", "late"),
    [
        (timedelta(0), {}, Lateness(0, 0)),
        (SECOND, {}, Lateness(100, 1, 0, 1)),
        (SECOND, {"late_fees": "none"}, Lateness(0, 0)),
        (timedelta(days=1), {}, Lateness(100, 1, 0, 1)),
        (timedelta(days=1) + SECOND, {}, Lateness(200, 2, 0, 2)),
        (timedelta(days=2), {"grace_days": 2}, Lateness(0, 0, 0, 0)),
        (timedelta(days=3), {"grace_days": 2}, Lateness(100, 1, 0, 1)),
        (timedelta(days=7), {"period": "week"}, Lateness(100, 7, 0, 1)),
        (timedelta(days=8), {"period": "week"}, Lateness(200, 8, 0, 2)),
        (timedelta(hours=1), {"period": "hour"}, Lateness(100, 1, 0, 1)),
        (timedelta(hours=1) + SECOND, {"period": "hour"}, Lateness(200, 1, 0, 2)),
        (timedelta(hours=25), {"period": "hour", "grace_days": 1}, Lateness(100, 1, 0, 1)),
        (timedelta(hours=23), {"period": "hour", "grace_days": 1}, Lateness(0, 0, 0, 0)),
        (timedelta(days=3), {"cap": 300}, Lateness(300, 3, 0, 3)),
        (timedelta(days=4), {"cap": 300}, Lateness(300, 4, 0, 4)),
        (timedelta(days=4), {"cap": 0}, Lateness(0, 4, 0, 4)),
        (timedelta(days=20), {}, Lateness(2_000, 20, 0, 20)),
        (timedelta(days=20), {"price_cap": True}, Lateness(1_000, 20, 0, 20)),
    ],
)
def test_how_late(later: timedelta, terms: dict[str, Any], late: Lateness) -> None:
    assert _late(later, **terms) == late


def test_terms_of_a_charge_are_read_without_fields_that_there_are_no_more() -> None:
    assert terms_of_facts({"rate": 5, "given_up": 1}) == FeeTerms(rate=5)


def test_the_top_of_a_tariff() -> None:
    adult, child = (Tier(1, 20), Tier(8, 120)), (Tier(1, 10), Tier(9, 55))
    terms = FeeTerms(late_fees="per_occasion", tiers=adult, child_tiers=child)
    assert top_fee(terms, Lateness(20, 1), is_child=False) == 120
    assert top_fee(terms, Lateness(10, 1), is_child=True) == 55
    assert top_fee(FeeTerms(late_fees="per_occasion"), Lateness(0, 1), is_child=False) == 0
    by_item = FeeTerms(late_fees="per_item", cap=300)
    assert top_fee(by_item, Lateness(100, 1), is_child=False) == 300
    assert top_fee(by_item, Lateness(301, 1), is_child=False) == 301
    assert top_fee(FeeTerms(late_fees="per_item"), Lateness(100, 1), is_child=False) == 100


@pytest.mark.parametrize(
    ("act", "bill_fee", "days", "amount"),
    [
        ("bill", "top", 1, 120),
        ("bill", "top", 0, 20),
        ("bill", "accrued", 1, 20),
        ("return", "top", 1, 20),
        ("renewal", "top", 1, 20),
    ],
)
def test_only_a_bill_costs_the_top(act: str, bill_fee: str, days: int, amount: int) -> None:
    tiers = (Tier(1, 20), Tier(8, 120))
    terms = FeeTerms(late_fees="per_occasion", tiers=tiers, bill_fee=bill_fee)
    assert late_fee(terms, Lateness(20, days), act, is_child=False) == amount


def test_a_child_is_one_until_the_birthday() -> None:
    terms = FeeTerms(child_under=14)
    assert child_on(terms, date(2026, 11, 30), date(2012, 12, 1))
    assert not child_on(terms, date(2026, 12, 1), date(2012, 12, 1))
    assert not child_on(terms, date(2026, 12, 1), None)
    assert not child_on(FeeTerms(), date(2026, 12, 1), date(2026, 1, 1))


def test_a_childs_tariff_is_the_adults_where_it_has_none() -> None:
    adult, child, low = (Tier(1, 20),), (Tier(1, 10),), (Tier(1, 5),)
    both = FeeTerms(tiers=adult, ceilings=adult, child_tiers=child, child_ceilings=low)
    assert tariff(both, is_child=True) == (child, low)
    assert tariff(both, is_child=False) == (adult, adult)
    assert tariff(FeeTerms(tiers=adult, ceilings=low), is_child=True) == (adult, low)


@pytest.mark.parametrize(("apart", "fees"), [(SESSION, 1), (SESSION + SECOND, 2)])
def test_a_session_lasts_a_quarter_of_an_hour(
    library: Library, apart: timedelta, fees: int
) -> None:
    danish_fees(library, occasion="session")
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 3)
    hand_in(library, first)
    library.now += apart
    hand_in(library, second)
    assert amounts(library, card) == [2_000] * fees


# What is agreed to, owed and paid


@pytest.mark.parametrize(
    ("price", "acknowledged", "is_refused"),
    [
        (0, False, False),
        (500, False, True),
        (500, True, False),
        (500, 500, False),
        (500, 501, False),
        (500, 499, True),
        (1, 0, True),
        (1, 1, False),
    ],
)
def test_what_it_costs_is_agreed_to(price: int, acknowledged: bool | int, is_refused: bool) -> None:
    refusal = Refusal(Reason.FEE_NOT_ACKNOWLEDGED, amount=price, currency="DKK")
    assert fee_refusals(price, "DKK", acknowledged) == ([refusal] if is_refused else [])


@pytest.mark.parametrize(
    ("terms", "price", "currency", "owed"),
    [
        ({"compensation": "price", "replacement": 300, "handling": 50}, 200, "DKK", (200, 50)),
        ({"compensation": "price", "replacement": 300, "handling": 50}, 200, None, (200, 50)),
        ({"compensation": "price", "replacement": 300, "handling": 50}, 200, "SEK", (300, 50)),
        ({"compensation": "price", "replacement": 300}, None, None, (300, 0)),
        ({"compensation": "price", "replacement": 300}, 0, "DKK", None),
        ({"compensation": "fixed", "replacement": 300}, 200, "DKK", (300, 0)),
        ({"compensation": "fixed", "handling": 1}, 200, "DKK", (0, 1)),
        ({"compensation": "fixed"}, 200, "DKK", None),
        ({"compensation": "none", "replacement": 300, "handling": 50}, 200, "DKK", None),
    ],
)
def test_what_an_item_costs_who_does_not_return_it(
    terms: dict[str, Any], price: int | None, currency: str | None, owed: tuple[int, int] | None
) -> None:
    assert compensation_of(FeeTerms(**terms), price, currency) == owed


def _owing(number: int, balance: int, **facts: Any) -> Charge:
    charge = Charge(number, 1, 1, 1, ChargeKind.OTHER, "DKK", balance, 0, 0, balance, "", DUE)
    return charge._replace(**facts)


OWED = (
    _owing(1, 100),
    _owing(2, 0),
    _owing(3, 200, kind=ChargeKind.DAMAGE),
    _owing(4, -50),
    _owing(5, 70, currency="SEK"),
)


@pytest.mark.parametrize(
    ("asked", "terms", "paid"),
    [
        ({"amount": 300}, {}, [(1, 100), (3, 200)]),
        ({"amount": 100}, {}, [(1, 100)]),
        ({"amount": 301}, {}, Refusal(Reason.PAYMENT_TOO_LARGE, amount=300, currency="DKK")),
        ({"amount": 301}, {"overpayment": "credit"}, [(1, 100), (3, 200)]),
        ({"amount": 101}, {}, Refusal(Reason.PARTIAL_PAYMENT, amount=100, currency="DKK")),
        ({"amount": 99}, {}, Refusal(Reason.PARTIAL_PAYMENT, amount=100, currency="DKK")),
        ({"amount": 101}, {"partial_payment": True}, [(1, 100), (3, 1)]),
        ({"amount": 1}, {"partial_payment": True}, [(1, 1)]),
        ({"amount": 0}, {"partial_payment": True}, Refusal(Reason.AMOUNT_WRONG)),
        ({"amount": -1}, {"overpayment": "credit"}, Refusal(Reason.AMOUNT_WRONG)),
        ({"amount": 70, "currency": "SEK"}, {}, [(5, 70)]),
        ({"amount": 70, "currency": "EUR"}, {}, Refusal(Reason.CURRENCY_NOT_OWED)),
        ({"amount": 200, "kind": ChargeKind.DAMAGE}, {}, [(3, 200)]),
        ({"amount": 1, "kind": ChargeKind.CREDIT}, {}, Refusal(Reason.NOTHING_OWED)),
        ({"amount": 1, "kind": ChargeKind.CREDIT}, {"overpayment": "credit"}, []),
        ({"amount": 200, "charge": (3,)}, {}, [(3, 200)]),
        ({"amount": 300, "charge": (3, 1, 3)}, {}, [(1, 100), (3, 200)]),
        ({"amount": 100, "charge": (1, 6)}, {}, Refusal(Reason.CHARGE_UNKNOWN)),
        ({"amount": 100, "charge": (1, 2)}, {}, Refusal(Reason.CHARGE_SETTLED)),
        ({"amount": 100, "charge": (4,)}, {}, Refusal(Reason.CHARGE_SETTLED)),
        ({"amount": 100, "charge": (5,)}, {}, Refusal(Reason.CURRENCY_NOT_OWED)),
    ],
)
def test_which_charges_an_amount_pays(
    asked: dict[str, Any], terms: dict[str, Any], paid: list[tuple[int, int]] | Refusal
) -> None:
    rules = FeeTerms(**({"partial_payment": False, "overpayment": "refuse"} | terms))
    shares = shares_of(OWED, PaymentWish(**{"currency": "DKK"} | asked), rules)
    if isinstance(shares, Refusal):
        assert shares == paid
    else:
        assert [(charge.id, share) for charge, share in shares] == paid


# Prices


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("0", "DKK", 0),
        ("0,01", "DKK", 1),
        ("10000000", "DKK", MAX_AMOUNT_MINOR_UNITS),
        ("1000000000", "JPY", MAX_AMOUNT_MINOR_UNITS),
        (" 5.5 ", "EUR", 550),
        ("1.234", "KWD", 1_234),
        ("7", "JPY", 7),
    ],
)
def test_an_amount(amount: str, currency: str, units: int) -> None:
    assert minor_units(amount, currency) == units


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        ("1", "dkk", "a currency has a code of three letters, such as DKK, not 'dkk'"),
        (
            "10000000,01",
            "DKK",
            "'10000000,01' is too large: the largest amount is 10000000.00 DKK",
        ),
        (f"1{'0' * 15}", "DKK", f"'1{'0' * 15}' is no amount such as 299.95 or 299,95"),
        ("1.", "DKK", "'1.' is no amount such as 299.95 or 299,95"),
        ("1.234", "DKK", "an amount in DKK has 2 decimals: '1.234' has 3"),
        ("1.0", "JPY", "an amount in JPY has no decimals: '1.0' has 1"),
    ],
)
def test_what_is_no_amount(amount: str, currency: str, told: str) -> None:
    with pytest.raises(WrongPrice) as raised:
        minor_units(amount, currency)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        ("5", " ", "a price and its currency go together"),
        ("", "DKK", "a price and its currency go together"),
        ("much", "DKK", "a price is an amount such as 299.95, not 'much'"),
    ],
)
def test_a_price_is_an_amount_and_a_currency(amount: str, currency: str, told: str) -> None:
    with pytest.raises(WrongPrice) as raised:
        price_of(amount, currency)
    assert str(raised.value) == told
