"""What rules give to new items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from sqlalchemy import String

from catalogue.database import Long
from circulation.fees.terms import is_currency
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.fitting import DESCRIBED
from circulation.kernel.models import Model, Wanted
from circulation.languages.sentences import Sentence

#: Access points whose number can become the call number.
CALL_NUMBERS = ("dewey", "udc", "local_class", "lc_call_number", "nlm_call_number")


def _is_price(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_AMOUNT_MINOR_UNITS


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_point(value: object) -> bool:
    return value in CALL_NUMBERS


Text = Annotated[str, Wanted("A_TEXT", _is_text, "IS")]


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule gives to new items; None says nothing."""

    __pydantic_config__: ClassVar = DESCRIBED

    gives_group: Text | None = None
    """The material group, in a rule that is for none."""
    price: (
        Annotated[
            int,
            Wanted("MINOR_UNITS", _is_price, "IS"),
            Long,
        ]
        | None
    ) = None
    """Goes together with `currency`."""
    currency: (
        Annotated[
            str,
            Wanted("A_CURRENCY", is_currency, "IS"),
            String(3),
        ]
        | None
    ) = None
    """ISO 4217, of the price."""
    department: Text | None = None
    """The code of the department within the branch."""
    location: Text | None = None
    """The code of the location."""
    sublocation: Text | None = None
    """The code of the sublocation."""
    section: Text | None = None
    """The code of the section."""
    float_group: Text | None = None
    """The float group."""
    call_number: Annotated[str, Wanted(CALL_NUMBERS, _is_point, "IS")] | None = None
    """The access point of the record whose number becomes the call number."""


class _Given(Model[Given]):
    def problems(self, said: Mapping[str, object]) -> dict[str, Sentence]:
        problems = super().problems(said)
        if ("price" in said) != ("currency" in said):
            alone = "price" if "price" in said else "currency"
            problems[alone] = Sentence("PRICE_AND_CURRENCY")
        return problems


GIVEN = _Given(Given)
