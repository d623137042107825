"""How a language writes dates, times and amounts.

Patterns are those of Unicode's CLDR (UTS 35): what a language's folder says, else what CLDR has.

    [formats]                       # in language.toml
    day = "d. MMMM y"               # in letters
    short_day = "d/M"               # in text messages
    list_day = "d.M.y"              # in lists at a terminal
    clock = "HH.mm"
    [formats.money]                 # in letters, by currency (ISO 4217); with two decimals, in
    DKK = "#,##0.00 'kr.'"          # whose place come those that the currency has
    other = "#,##0.00 ¤¤"
    [formats.list_money]            # in lists at a terminal
    other = "0.00 ¤¤"
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from babel import Locale
from babel.dates import DateTimePattern, parse_pattern
from babel.numbers import NumberPattern
from babel.numbers import parse_pattern as parse_number_pattern

DATES: Final = ("day", "short_day", "list_day", "clock")
AMOUNTS: Final = ("money", "list_money")


class Formats:
    """Dates, times and amounts as one language writes them."""

    def __init__(self, locale: Locale, said: Mapping[str, Any]) -> None:
        self._locale = locale
        usual = {
            "day": locale.date_formats["long"],
            "short_day": locale.datetime_skeletons["Md"],
            "list_day": locale.date_formats["medium"],
            "clock": locale.time_formats["short"],
        }
        self._dates: dict[str, DateTimePattern] = {
            name: parse_pattern(said.get(name, pattern)) for name, pattern in usual.items()
        }
        self._money = {
            name: {"other": locale.currency_formats["standard"].pattern} | said.get(name, {})
            for name in AMOUNTS
        }
        self._amounts: dict[tuple[str, str, int], NumberPattern] = {}

    def day(self, value: date) -> str:
        """In letters: ``1. februar 2027``."""
        return self._dates["day"].apply(value, self._locale)

    def short_day(self, value: date) -> str:
        """In text messages: ``1/2``."""
        return self._dates["short_day"].apply(value, self._locale)

    def list_day(self, value: date) -> str:
        """In lists: ``1.2.2027``."""
        return self._dates["list_day"].apply(value, self._locale)

    def clock(self, value: date) -> str:
        """Of a datetime: ``16.30``."""
        return self._dates["clock"].apply(value, self._locale)

    def plural(self, count: int) -> str:
        """The category of a number (CLDR): ``one``, ``few``, ``other``..."""
        return self._locale.plural_form(count)

    def money(self, value: Decimal, currency: str) -> str:
        """In letters: ``1.234,50 kr.``, with as many decimals as `value` has."""
        return self._amount("money", value, currency)

    def list_money(self, value: Decimal, currency: str) -> str:
        """In lists: ``1234,50 kr.``, with as many decimals as `value` has."""
        return self._amount("list_money", value, currency)

    def _amount(self, name: str, value: Decimal, currency: str) -> str:
        exponent = value.as_tuple().exponent
        assert isinstance(exponent, int), "a finite number"
        key = name, currency, -exponent
        pattern = self._amounts.get(key)
        if pattern is None:
            patterns = self._money[name]
            text = patterns.get(currency, patterns["other"])
            decimals = f".{'0' * -exponent}" if exponent else ""
            pattern = self._amounts[key] = parse_number_pattern(text.replace(".00", decimals))
        said: str = pattern.apply(value, self._locale, currency=currency, currency_digits=False)
        return said
