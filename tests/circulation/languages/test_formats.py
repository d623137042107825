"""Dates and amounts as languages write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from circulation.languages.installed import language
from circulation.ledger.money import decimal_of

DAY = date(2027, 2, 1)
MOMENT = datetime(2027, 2, 1, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "day", "short", "listed", "clock"),
    [
        ("da", "1. februar 2027", "1/2", "1.2.2027", "16.30"),
        ("en", "1 February 2027", "1 Feb", "1 Feb 2027", "16:30"),
        ("de", "1. Februar 2027", "1.2.", "01.02.2027", "16:30"),
        ("pl", "1 lutego 2027", "1.02", "1 lut 2027", "16:30"),  # as CLDR has it
    ],
)
def test_dates(tag: str, day: str, short: str, listed: str, clock: str) -> None:
    formats = language(tag).formats
    assert (formats.day(DAY), formats.day(MOMENT)) == (day, day)
    assert formats.short_day(DAY) == short
    assert formats.list_day(DAY) == listed
    assert formats.clock(MOMENT) == clock


@pytest.mark.parametrize(
    ("tag", "amount", "currency", "money", "listed"),
    [
        ("da", 123_450, "DKK", "1.234,50 kr.", "1234,50 kr."),
        ("da", -123_450, "EUR", "-1.234,50 EUR", "-1234,50 EUR"),
        ("en", -123_450, "DKK", "-DKK 1,234.50", "-1234.50 DKK"),
        ("en", 1_234, "JPY", "JPY 1,234", "1234 JPY"),
        ("en", 1_234, "TND", "TND 1.234", "1.234 TND"),
        ("de", 123_450, "EUR", "1.234,50\xa0€", "1.234,50\xa0€"),
        ("da", 10**17 + 1, "DKK", "1.000.000.000.000.000,01 kr.", "1000000000000000,01 kr."),
    ],
)
def test_amounts(tag: str, amount: int, currency: str, money: str, listed: str) -> None:
    formats = language(tag).formats
    assert formats.money(decimal_of(amount, currency), currency) == money
    assert formats.list_money(decimal_of(amount, currency), currency) == listed


@pytest.mark.parametrize(
    ("tag", "count", "category"),
    [("da", 1, "one"), ("da", 0, "other"), ("pl", 3, "few"), ("pl", 5, "many"), ("ja", 1, "other")],
)
def test_plurals(tag: str, count: int, category: str) -> None:
    assert language(tag).formats.plural(count) == category


def test_a_language_that_nobody_knows_is_written_as_the_default_one() -> None:
    assert language("tlh").formats is language("da").formats
