"""Items, as answers show them: what they are doing, and what has become of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from protocols.api.models.answers import Branch, Item, Loan, Money, Patron

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
    """An item and what it is doing. `borrower` where the caller may see them. `not_for_loan` tells
    staff why it is not lent; `part` and `float_group` are told of an item that was asked for alone.
    """

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
    not_for_loan: str = ""


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
