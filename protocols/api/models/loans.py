"""Loans that staff see to: suspended, recalled, billed, lent onward, and a whole class's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from circulation.loans.batches import LARGEST
from protocols.api.models.answers import Branch, Fee, Patron
from protocols.api.models.bookings import Pupil
from protocols.api.models.common import Card, Request


class SuspensionWish(Request):
    """The clock of a loan stands still through the day `until`."""

    until: date


class HolderWish(Request):
    """The pupil, by their card, who has the item from now on."""

    card: Card


class ClassWish(Request):
    """Who borrows which item, each decided on its own."""

    pupils: Annotated[tuple[Pupil, ...], Field(min_length=1, max_length=LARGEST)]


@dataclass(frozen=True, slots=True)
class Recalled:
    """The loan is due sooner."""

    item: str
    due: datetime
    previous_due: datetime


@dataclass(frozen=True, slots=True)
class Billed:
    """What the borrower was charged for not returning it; nothing where that was done before."""

    item: str
    title: str
    charged: tuple[Fee, ...]


@dataclass(frozen=True, slots=True)
class OnwardLoan:
    """The loan stays the borrower's; `holder` has the item, null where they gave it back. Neither
    is named to a caller who may not see them."""

    item: str
    title: str
    due: datetime
    borrower: str | None
    holder: Patron | None


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """An item that was handed in."""

    item: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnReceipt:
    """What a patron has handed in at a branch today; `number` names what is kept as evidence."""

    patron: Patron
    branch: Branch
    number: str | None
    returned: tuple[ReturnedItem, ...]
