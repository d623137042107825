"""What patrons want from other libraries: who may be asked, who was, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from circulation.interlending.cases import Case
from protocols.api.models.common import Isil, Number, PatronId, Request
from protocols.api.models.interlibrary import InterlibraryLoan


class SupplierQuery(Request):
    """For whom, and what: a title, or a record of ours. Without a patron, as for one of no category
    who fetches it at the caller's branch."""

    title: Annotated[str, Field(max_length=500)] = ""
    record: Number | None = None
    patron: PatronId | None = None


@dataclass(frozen=True, slots=True)
class Supplier:
    """A library that takes requests: in its `position`, or `why_not` it is not asked. `decided_by`
    is the criterion by which it stands behind the one before it; `days` are those until it comes,
    closed days counted, `load` the wishes that it has of ours, `cost` what it takes as a rule, in
    minor units."""

    partner: str
    name: str
    position: int | None
    why_not: str | None
    decided_by: str
    consortium: bool
    availability: str
    load: int
    days: int
    cost: int


@dataclass(frozen=True, slots=True)
class Suppliers:
    """The first that is asked first, then those that are not asked."""

    suppliers: tuple[Supplier, ...]


@dataclass(frozen=True, slots=True)
class InterlibraryCase:
    """What a patron wants, whoever is asked for it: who may be asked, as when the last was chosen,
    and the loans that were begun for it, the last last."""

    id: str
    title: str
    author: str
    patron: PatronId | None
    patron_name: str | None
    pickup_branch: Isil
    needed_before: datetime | None
    cost: int
    currency: str
    created: datetime
    suppliers: tuple[Supplier, ...]
    loans: tuple[InterlibraryLoan, ...]


@dataclass(frozen=True, slots=True)
class InterlibraryCases:
    """Those under way, the oldest first."""

    cases: tuple[InterlibraryCase, ...]


_NAMES: Final = tuple(Supplier.__dataclass_fields__)


def suppliers_shown(found: Iterable[Mapping[str, Any]]) -> tuple[Supplier, ...]:
    return tuple(Supplier(**{name: each[name] for name in _NAMES}) for each in found)


def case_shown(
    case: Case,
    isil: str,
    patron: tuple[PatronId, str] | None,
    loans: Iterable[InterlibraryLoan],
) -> InterlibraryCase:
    """`patron` is whom it is for: their public id and name."""
    return InterlibraryCase(
        str(case.id),
        case.title,
        case.author,
        None if patron is None else patron[0],
        None if patron is None else patron[1],
        isil,
        case.before,
        case.cost,
        case.currency,
        case.created,
        suppliers_shown(case.ranked),
        tuple(loans),
    )
