"""What the rules say of borrowing from other libraries: who is asked first, what is accepted, how
long is waited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from sqlalchemy import SmallInteger

from catalogue.database import Long
from circulation.fees.terms import Currency
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.fitting import DESCRIBED, Between
from circulation.kernel.models import AsText, Model, Wanted
from circulation.ledger.money import DEFAULT_CURRENCY

#: What may count where it is decided who is asked first, in the usual order.
CRITERIA: Final = ("consortium", "availability", "load", "days", "cost")


def _are_criteria(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(each in CRITERIA for each in value)
        and len(set(value)) == len(value)
    )


def _are_words(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(each, str) and len(each.split()) == 1 for each in value
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PARTED_BY_BLANKS = AsText(" ".join, _split)
Criteria = Annotated[tuple[str, ...], Wanted("CRITERIA", _are_criteria), _PARTED_BY_BLANKS]
Words = Annotated[tuple[str, ...], Wanted("WORDS", _are_words), _PARTED_BY_BLANKS]
Days = Annotated[int, Between(1, 365), SmallInteger()]


@dataclass(frozen=True, slots=True)
class InterlendingTerms:
    """What the rules say of wishes of one patron category, to be fetched at one branch."""

    __pydantic_config__: ClassVar = DESCRIBED

    order: Criteria = CRITERIA
    """Who is asked first: libraries of our own consortium; those where it stands on the shelf;
    those that have least of ours to do; where it comes from soonest, closed days counted; where it
    costs least. The first on which two differ decides, in the end their names do."""
    never: Words = ()
    """Agencies that are not asked."""
    libraries: Annotated[int, Between(1, 100), SmallInteger()] = 10
    """How many are asked for one wish, one after the other."""
    look_seconds: Annotated[int, Between(0, 60), SmallInteger()] = 8
    """How long catalogues may take to say what is in, before the first is asked; 0: they are not
    asked."""
    silent_days: Days = 3
    """A library that has said nothing for so long is asked how far it is."""
    promised_days: Days = 21
    """The same after it has promised to lend, counted from the day that it named."""
    cancel_days: Days = 3
    """One that does not answer to that for so long is asked no longer, and the next is."""
    most_cost: Annotated[int, Between(0, MAX_AMOUNT_MINOR_UNITS), Long] = 0
    """What a loan may cost, in minor units: offers that cost no more are accepted."""
    currency: Currency = DEFAULT_CURRENCY
    """ISO 4217, of all amounts."""
    conditions: Words = ()
    """Conditions that are accepted: ``LibraryUseOnly``, ``NoReproduction``."""
    other_offers: Literal["person", "next"] = "person"
    """What else is offered is decided by a person, or the next library is asked."""
    patron_pays: Literal["nothing", "cost"] = "nothing"
    """What the patron is charged when it has come: nothing, or what it costs us."""
    remind_days: Annotated[int, Between(0, 365), SmallInteger()] = 3
    """So many days before its owner wants something back, staff are reminded; 0: on the day."""


INTERLENDING_TERMS = Model(InterlendingTerms, "NO_SUCH_INTERLENDING_FIELD")
