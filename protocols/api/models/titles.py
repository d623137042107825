"""Titles and items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from protocols.api.models.answers import Branch, Item, Loan, Money, Patron
from protocols.api.models.common import Barcode, Isil, Paging, Request, Why

#: An address is at most 16 KB long, and a letter may take twelve bytes of it.
_TEXT = Annotated[str, Field(max_length=200)]


class TitleSearch(Paging):
    """What is looked for: words (`q`), or a query in CQL. `at` is a branch, an agency or a
    consortium whose catalogue is searched. `facets` says how many values of each are counted;
    with `availability` each title says what can be had of it now."""

    q: _TEXT | None = None
    cql: Annotated[str, Field(max_length=500)] | None = None
    at: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    facets: Annotated[int, Field(ge=0, le=50)] = 0
    availability: bool = False


@dataclass(frozen=True, slots=True)
class CopiesThere:
    """Copies of one kind at a branch, those that cannot be found left out; `available` stand on
    their shelves."""

    branch: Branch
    material_group: str
    copies: int
    available: int


@dataclass(frozen=True, slots=True)
class Availability:
    """What can be had of a title now, and how many wait for it."""

    open_holds: int
    places: tuple[CopiesThere, ...]


@dataclass(frozen=True, slots=True)
class Title:
    """A title as a list shows it. `availability` where it was asked for."""

    id: str
    title: str
    author: str
    year: int | None
    control_number: str | None
    availability: Availability | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, how many of the titles found have it, and the search in CQL that narrows to them."""

    text: str
    hits: int
    cql: str


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of an index."""

    index: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class TitlesFound:
    """A page of what was found, and how many there are in all."""

    total: int
    titles: tuple[Title, ...]
    facets: tuple[Facet, ...]


ItemStateName = Literal[
    "AVAILABLE",
    "ON_LOAN",
    "IN_TRANSIT",
    "CLAIMED_RETURNED",
    "LOST",
    "MISSING",
    "ON_HOLD_SHELF",
    "GOES_BACK",
]


@dataclass(frozen=True, slots=True)
class Stay:
    """Where an item is for a while: for a booking, in a deposit or a theme."""

    kind: str
    name: str
    branch: Branch
    place: str
    until: date | None


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """An item and what it is doing. `borrower` where the caller may see them. `part` and
    `float_group` are told of an item that was asked for alone."""

    item: Item
    state: ItemStateName
    is_overdue: bool
    due: datetime | None
    loan: Loan | None
    borrower: Patron | None
    to_branch: Branch | None
    since: datetime | None
    open_holds: int
    stay: Stay | None
    price: Money | None
    may: tuple[
        Literal[
            "check_in", "renew", "claim_returned", "declare_lost", "find", "change", "withdraw"
        ],
        ...,
    ]
    part: str | None = None
    float_group: str | None = None


@dataclass(frozen=True, slots=True)
class YearOfUse:
    """Loans and renewals of a year; null is of loans that were counted without their years."""

    year: int | None
    loans: int
    renewals: int


@dataclass(frozen=True, slots=True)
class ItemUse:
    """How often an item was lent, here and in the system that it came from."""

    item: str
    loans: int
    renewals: int
    last_lent: datetime | None
    years: tuple[YearOfUse, ...]


@dataclass(frozen=True, slots=True)
class TitleShown:
    """A title with its copies. `lines` is the record for people to read."""

    id: str
    title: str
    author: str
    year: int | None
    control_number: str | None
    lines: tuple[str, ...]
    open_holds: int
    copies: tuple[ItemStatus, ...]


class StateWish(Request):
    """What has become of an item. `why` is kept where it is withdrawn."""

    to: Literal["lost", "found", "claimed_returned", "claim_withdrawn", "withdrawn"]
    why: Why | None = None


class Price(Request):
    """An amount in minor units."""

    amount: Annotated[int, Field(ge=0, le=10**9)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


_CODE = Annotated[str, Field(max_length=100)]


class ItemChanges(Request):
    """What is to be changed of an item; what is not said stays. `price` null takes it away."""

    barcode: Barcode | None = None
    call_number: _CODE | None = None
    material_group: _CODE | None = None
    part: _CODE | None = None
    price: Price | None = None
    float_group: _CODE | None = None
    home_branch: Isil | None = None
    department: _CODE | None = None
    location: _CODE | None = None
    sublocation: _CODE | None = None
    section: _CODE | None = None


class OneItemChange(ItemChanges):
    """The same for one item; `dry_run` changes nothing."""

    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """Something that has happened to an item: who did it, what they passed over, and why."""

    at: datetime
    what: str
    by: str
    overridden: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class OlderEvents:
    """What happened `before` a day and was moved out of the database into files: in which `folder`
    of the server, the SHA-256 of the manifest there, and the same in words."""

    before: date
    folder: str
    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemEvents:
    """The oldest first. `older`: where else there may be some, the oldest first."""

    item: str
    events: tuple[ItemEvent, ...]
    older: tuple[OlderEvents, ...] = ()


@dataclass(frozen=True, slots=True)
class StateChanged:
    """What became of it: `item` None where it was withdrawn."""

    barcode: str
    item: ItemStatus | None
    has_changed: bool
