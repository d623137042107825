"""How numbers and amounts are written: point or comma before the decimals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from circulation.moving.reports import describe_count

_PLAIN: Final = re.compile(r"-?\d{1,15}(?:(?P<sign>[.,])\d{1,8})?", re.ASCII)
_GROUPED: Final = re.compile(
    r"-?\d{1,3}(?:(?P<by>[., '\u00a0])\d{3})+(?:(?P<sign>[.,])\d{1,8})?", re.ASCII
)
_CURRENCY: Final = re.compile(r"^(kr\.?|DKK|EUR|USD|SEK|NOK|€|\$|£)\s*|\s*(kr\.?|[A-Z]{3}|€|,-)$")


@dataclass(slots=True)
class NumberForms:
    """The forms of the numbers that were seen. `money` counts those with two decimals, or with
    more of which only two are used."""

    whole: int = 0
    point: int = 0
    comma: int = 0
    money: int = 0
    grouped: int = 0
    with_currency: int = 0

    @property
    def numbers(self) -> int:
        return self.whole + self.point + self.comma

    @property
    def decimal(self) -> str:
        """Return the decimal sign; empty where no number has decimals."""
        if not self.point and not self.comma:
            return ""
        return "," if self.comma > self.point else "."

    def see(self, text: str, number: int = 1) -> bool:
        """Count a text that was found so often; return whether it is a number."""
        bare = _CURRENCY.sub("", text)
        found = _PLAIN.fullmatch(bare)
        if found is None:
            found = _GROUPED.fullmatch(bare)
            if found is None or found["by"] == found["sign"]:
                return False
            self.grouped += number
        self.with_currency += number * (bare != text)
        if found["sign"] is None:
            self.whole += number
            return True
        if found["sign"] == ",":
            self.comma += number
        else:
            self.point += number
        decimals = bare[found.end("sign") :].rstrip("0")
        self.money += number * (len(decimals) <= 2)
        return True

    def add(self, other: NumberForms) -> None:
        """Count what another has counted."""
        for name in NumberForms.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def advise(self, planned: str) -> str:
        """Return what to write where amounts could not be read by the plan."""
        told = []
        its, others, other, name = self.point, self.comma, ",", "comma"
        if planned == ",":
            its, others, other, name = self.comma, self.point, ".", "point"
        if others:
            remedy = f'write decimal = "{other}"' if others > its else "have all written alike"
            told.append(
                f"{describe_count(others, 'amount')} {_have(others)} a decimal {name}: {remedy}"
            )
        if self.grouped:
            are = "is" if self.grouped == 1 else "are"
            told.append(
                f"{describe_count(self.grouped, 'amount')} {are} written in groups of three digits"
            )
        if self.with_currency:
            amounts = describe_count(self.with_currency, "amount")
            told.append(f"{amounts} {_have(self.with_currency)} a currency")
        if self.grouped or self.with_currency:
            told.append("have them written as plain numbers")
        return "; ".join(told)


def _have(number: int) -> str:
    return "has" if number == 1 else "have"
