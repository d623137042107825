"""Who is asked first for what a patron wants: the order of the partners, and why it is so.

Pure: what counts is given, and nobody is asked anything. The rules name the criteria in their order
(`terms.InterlendingTerms.order`); the first on which two partners differ decides, and in the end
their names do, so that the same question has the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Any, Final, NamedTuple

from circulation.interlending.suppliers import SupplierTerms
from circulation.interlending.terms import InterlendingTerms


class Availability(Enum):
    """What a partner's catalogue says of the title. A catalogue that does not answer costs the
    partner nothing: it stands where one stands that was not asked."""

    ON_SHELF = "on the shelf"
    HELD = "held"  # whether it is in, is not said
    UNKNOWN = "unknown"
    ON_LOAN = "on loan"
    NOT_HELD = "not held"


class NotAsked(Enum):
    """Why a partner is not asked at all."""

    ASKED_ALREADY = "was asked already"
    EXCLUDED = "excluded by the rules"
    NOT_NAMED = "another was named"
    CLOSED_FOR_ORDERS = "closed for orders"
    CLOSED = "closed for a long time"
    BUSY = "has as many wishes as it may have"


class Candidate(NamedTuple):
    """A partner that takes requests. `load` are the wishes that it has of ours now."""

    partner: str
    name: str
    terms: SupplierTerms
    load: int = 0
    availability: Availability = Availability.UNKNOWN


class Asking(NamedTuple):
    """What is asked for: the day, who was asked before, and the one that may be, if one was
    named."""

    day: date
    asked: Collection[str] = ()
    only: str = ""


class Ranked(NamedTuple):
    """A partner in its place, or not to be asked. `days` are those until it comes, closed days
    counted; `cost` is in minor units."""

    partner: str
    name: str
    position: int | None
    why_not: NotAsked | None
    consortium: bool
    availability: Availability
    load: int
    days: int
    cost: int
    decided_by: str = ""  # the criterion that puts it behind the one before it

    def shown(self) -> dict[str, Any]:
        """As it is kept with a case, and told."""
        return {
            **self._asdict(),
            "why_not": None if self.why_not is None else self.why_not.value,
            "availability": self.availability.value,
        }


_AVAILABILITIES: Final = tuple(Availability)
#: By criterion, what is better when it is less.
_WEIGHTS: Final[Mapping[str, Callable[[Ranked], int]]] = {
    "consortium": lambda each: 0 if each.consortium else 1,
    "availability": lambda each: _AVAILABILITIES.index(each.availability),
    "load": lambda each: each.load,
    "days": lambda each: each.days,
    "cost": lambda each: each.cost,
}
#: What decides where nothing else does.
BY_NAME: Final = "name"


def rank(candidates: Iterable[Candidate], asking: Asking, rules: InterlendingTerms) -> list[Ranked]:
    """The partners in the order in which they are asked, then those that are not, by name."""
    never = {each.casefold() for each in rules.never}
    judged = [_judged(each, asking, never) for each in candidates]
    out = sorted((each for each in judged if each.why_not), key=lambda each: each.partner)
    found = [each for each in judged if not each.why_not]
    found.sort(key=lambda each: (*_weights(each, rules.order), each.partner))
    placed: list[Ranked] = []
    for position, each in enumerate(found, start=1):
        decided_by = "" if not placed else _difference(placed[-1], each, rules.order)
        placed.append(each._replace(position=position, decided_by=decided_by))
    return placed + out


def _weights(each: Ranked, order: Iterable[str]) -> list[int]:
    return [_WEIGHTS[criterion](each) for criterion in order]


def _difference(one: Ranked, other: Ranked, order: Iterable[str]) -> str:
    for criterion in order:
        if _WEIGHTS[criterion](one) != _WEIGHTS[criterion](other):
            return criterion
    return BY_NAME


def _judged(candidate: Candidate, asking: Asking, never: Collection[str]) -> Ranked:
    terms = candidate.terms
    closed = terms.works_from(asking.day)
    why_not: NotAsked | None = None
    if candidate.partner in asking.asked:
        why_not = NotAsked.ASKED_ALREADY
    elif asking.only and candidate.partner != asking.only:
        why_not = NotAsked.NOT_NAMED
    elif candidate.partner in never:
        why_not = NotAsked.EXCLUDED
    elif terms.closed_for_orders:
        why_not = NotAsked.CLOSED_FOR_ORDERS
    elif closed is None:
        why_not = NotAsked.CLOSED
    elif terms.most_open and candidate.load >= terms.most_open:
        why_not = NotAsked.BUSY
    return Ranked(
        candidate.partner,
        candidate.name,
        None,
        why_not,
        terms.consortium,
        candidate.availability,
        candidate.load,
        terms.days + (closed or 0),
        terms.cost,
    )
