"""Partners as those who may be asked: options that all partners have, whatever their protocol.

They stand in `[partners.AGENCY]` of library.toml with those of the protocol, and are read here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from catalogue.database import Transaction
from circulation.calendars.days import parse_days
from circulation.callers.partners import PARTNERS, Partner
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.set_up import SetUpPart
from circulation.languages.sentences import Sentence

log = logging.getLogger(__name__)

#: The option of a partner that says that it may be asked.
TAKES_REQUESTS: Final = "takes_requests"
#: How the address of a catalogue begins, by the protocol that it is asked in.
CATALOGUE_SCHEMES: Final = {
    "sru+http": "sru",
    "sru+https": "sru",
    "z3950": "z3950",
    "ncip+http": "ncip",
    "ncip+https": "ncip",
    "ncip+tcp": "ncip",
}
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: For how many days it is looked when a partner works again; who never does is closed.
_HORIZON: Final = 90


def _catalogue(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in CATALOGUE_SCHEMES or not parts.hostname):
        known = tuple(f"{scheme}://" for scheme in CATALOGUE_SCHEMES)
        raise ValueError(Sentence("EITHER_BEGINNING", words=known))
    return text


def _days(text: str) -> str:
    if parse_days(text) is None:
        raise ValueError(Sentence("NO_PERIOD", value=repr(text)))
    return text


def _weekday(text: str) -> str:
    if text not in _WEEKDAYS:
        raise ValueError(Sentence("MUST", what=Sentence("EITHER", words=_WEEKDAYS)))
    return text


@lru_cache(maxsize=4_096)
def _periods(text: str, year: int) -> tuple[tuple[date, date], ...]:
    """The periods of which a part may be in the year."""
    days = parse_days(text)
    return () if days is None else (*days.within(year - 1), *days.within(year))


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """What counts where it is decided who is asked first."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Does it belong to our own consortium? Those are asked first.
    consortium: bool = False
    #: Days until what it sends is here, as a rule.
    days: Annotated[int, Field(ge=0, le=365)] = 0
    #: What a loan costs as a rule, in minor units of the currency of the rule on interlending.
    cost: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR_UNITS)] = 0
    #: Wishes that may be with it at once; 0: any number.
    most_open: Annotated[int, Field(ge=0, le=100_000)] = 0
    #: It takes no orders for now.
    closed_for_orders: bool = False
    #: Days on which nobody works there: ``2026-12-23..2027-01-03``, ``12-24``, ``easter+1``.
    closed_days: tuple[Annotated[str, AfterValidator(_days)], ...] = ()
    #: Weekdays on which nobody works there: ``sat``, ``sun``.
    closed_weekdays: tuple[Annotated[str, AfterValidator(_weekday)], ...] = ()
    #: Where is asked whether it has a title in: ``sru+https://…``, ``z3950://HOST:PORT/DATABASE``,
    #: ``ncip+https://…``.
    catalogue: Annotated[str, AfterValidator(_catalogue)] = ""

    def works_from(self, day: date) -> int | None:
        """In how many days somebody works there, 0 for that day; None: not for a long time."""
        for ahead in range(_HORIZON):
            if not self._is_closed(day + timedelta(ahead)):
                return ahead
        return None

    def _is_closed(self, day: date) -> bool:
        if _WEEKDAYS[day.weekday()] in self.closed_weekdays:
            return True
        for text in self.closed_days:
            if any(first <= day <= last for first, last in _periods(text, day.year)):
                return True
        return False


SUPPLIER_OPTIONS: Final = frozenset(each.name for each in fields(SupplierTerms))
#: Checks the options, as they are written. Raises ValidationError.
SUPPLIER_TERMS: Final[TypeAdapter[SupplierTerms]] = TypeAdapter(SupplierTerms)


def supplier_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a partner's options that are read here."""
    return {name: value for name, value in options.items() if name in SUPPLIER_OPTIONS}


class Supplier(NamedTuple):
    """A partner that takes requests, and what counts of it."""

    partner: Partner
    terms: SupplierTerms


def _suppliers(transaction: Transaction) -> dict[str, Supplier]:
    found = {}
    for key, partner in PARTNERS.read(transaction).items():
        if not partner.options.get(TAKES_REQUESTS):
            continue
        try:
            terms = SUPPLIER_TERMS.validate_python(supplier_options(partner.options))
        except ValidationError as error:
            # It was checked when it was applied, it seems by another version of this program.
            log.error("the partner %s is not asked: %s", partner.agency, error)
            continue
        found[key] = Supplier(partner, terms)
    return found


#: The partners that take requests, by their folded agency.
SUPPLIERS = SetUpPart("suppliers", _suppliers)
