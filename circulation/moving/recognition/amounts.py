"""How numbers and amounts are written: point or comma before the decimals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WHOLE: Final = re.compile(r"-?\d{1,15}", re.ASCII)
_DECIMALS: Final = re.compile(r"-?\d{1,15}(?P<sign>[.,])\d{1,8}", re.ASCII)
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
        if _WHOLE.fullmatch(text):
            self.whole += number
            return True
        bare = _CURRENCY.sub("", text)
        self.with_currency += number * (bare != text)
        found = _DECIMALS.fullmatch(bare)
        if found is None:
            found = _GROUPED.fullmatch(bare)
            if found is None or found["by"] == found["sign"]:
                self.with_currency -= number * (bare != text)
                return False
            self.grouped += number
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
        with_other = self.comma if planned == "." else self.point
        if with_other:
            other, name = (",", "comma") if planned == "." else (".", "point")
            amounts = "1 amount has" if with_other == 1 else f"{with_other:,} amounts have"
            told.append(f'{amounts} a decimal {name}: write decimal = "{other}"')
        if self.grouped:
            told.append(f"{self.grouped:,} amounts are written in groups of three digits")
        if self.with_currency:
            told.append(f"{self.with_currency:,} amounts name a currency")
        if self.grouped or self.with_currency:
            told.append("have them written as plain numbers")
        return "; ".join(told)
