"""Bookings of copies of a title for a period: what is asked for and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from circulation.booking.results import Booking as KnownBooking
from circulation.booking.results import OutFor
from circulation.booking.spans import DAYS_AHEAD, MOST_DAYS
from protocols.api.models.answers import Branch, Patron, branch_shown
from protocols.api.models.common import Barcode, Isil, Number, PatronId, Request, Sentence
from protocols.api.models.desk import ForPatron, OverrideWish, Stack
from protocols.api.problems import ProblemReason

_Copies = Annotated[int, Field(ge=1, le=10_000)]
_Suppliers = Annotated[tuple[Isil, ...], Field(min_length=1, max_length=100)]


class BookingWish(ForPatron):
    """Copies of a title, by its number or by the barcode of one of them, from `first` through
    `last`. `copies` are preferred (the size of the class, unless said), `minimum` will do.
    `suppliers` are asked in order. `override` passes over what the patron may not do, and over
    BOOKING_TOO_LONG."""

    title: Number | None = None
    item: Barcode | None = None
    first: date
    last: date
    copies: _Copies | None = None
    minimum: _Copies | None = None
    suppliers: _Suppliers | None = None
    deliver_to: Isil | None = None
    group: Number | None = None
    lends_onward: bool = False
    note: Sentence = ""
    override: OverrideWish | None = None

    @model_validator(mode="after")
    def _one_title(self) -> BookingWish:
        if (self.title is None) == (self.item is None):
            raise ValueError("give either title or item")
        return self


class BookingChanges(Request):
    """What is to be changed of a booking; what is not said stays."""

    first: date | None = None
    last: date | None = None
    copies: _Copies | None = None
    minimum: _Copies | None = None
    suppliers: _Suppliers | None = None
    note: Sentence | None = None


class ExtensionWish(Request):
    """The borrower keeps the copies through the day `last`."""

    last: date


class CancellationWish(Request):
    """A booking is not wanted any more, or (`refused`) the library cannot meet it; `why` is told
    to the borrower."""

    refused: bool = False
    why: Sentence = ""


class WhichBookings(Request):
    """Of one: a patron, a title; without both of the branch where the caller works."""

    patron: PatronId | None = None
    title: Number | None = None


class WhichDays(Request):
    """Which days of a calendar; `category` as patrons of it may book."""

    first: date | None = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 28
    category: Annotated[str, Field(max_length=100)] = ""


class PreparingWindow(Request):
    """Bookings that begin within so many days."""

    days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = DAYS_AHEAD


class CopiesWish(Request):
    """Copies in hand."""

    items: Stack


class BookingDelivery(Request):
    """The copies to be handed out; null is all that were set aside and have arrived."""

    items: Stack | None = None


class Pupil(Request):
    """Which copy goes to whom."""

    item: Barcode
    card: Annotated[str, Field(min_length=1, max_length=100)]


class OnwardWish(Request):
    """Who has which copy; without, the class of the booking by name."""

    pupils: Annotated[tuple[Pupil, ...], Field(max_length=1_000)] = ()


class ReturnWish(Request):
    """Copies that are back. `is_all`: no more will be asked for."""

    items: Annotated[tuple[Barcode, ...], Field(max_length=100)] = ()
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Supply:
    """What one branch supplies of a booking."""

    branch: Branch
    material_group: str
    copies: int
    reserved_from: date
    reserved_until: date
    set_aside: int
    delivered: int
    returned: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking. `copies` is what is promised; `borrower` is null once it was cut from them, and
    where the caller may not see them."""

    id: str
    title_id: str
    title: str
    borrower: Patron | None
    group: str | None
    first: date
    last: date
    copies: int
    preferred: int
    minimum: int
    deliver_to: Branch
    state: Literal["placed", "in preparation", "delivered", "closed"]
    outcome: Literal["fulfilled", "cancelled", "refused", "not_collected"] | None
    note: str
    supplies: tuple[Supply, ...]


@dataclass(frozen=True, slots=True)
class Out:
    """A copy that was lent for a booking and is not back. `holder` is the pupil who has it."""

    item: str
    due: datetime
    holder: str | None


@dataclass(frozen=True, slots=True)
class BookingShown:
    """A booking, and what of it is out."""

    booking: Booking
    out: tuple[Out, ...]


@dataclass(frozen=True, slots=True)
class Bookings:
    """Open bookings by their first day."""

    bookings: tuple[Booking, ...]


@dataclass(frozen=True, slots=True)
class DayFree:
    """How many copies can be booked on a day, and how many of them at each branch (ISIL)."""

    day: date
    free: int
    by_branch: dict[str, int]


@dataclass(frozen=True, slots=True)
class BookingCalendar:
    """Day after day."""

    days: tuple[DayFree, ...]


@dataclass(frozen=True, slots=True)
class ShelfCopy:
    """A copy that could be fetched."""

    item: str
    location: str
    sublocation: str
    call_number: str


@dataclass(frozen=True, slots=True)
class ToPrepare:
    """Copies still to be set aside for a booking. `short`: by how many too few are on the
    shelves."""

    booking: Booking
    material_group: str
    copies: int
    short: int
    on_shelf: tuple[ShelfCopy, ...]


@dataclass(frozen=True, slots=True)
class ToPrepareList:
    """What a branch has to set aside for bookings that begin soon."""

    lines: tuple[ToPrepare, ...]


@dataclass(frozen=True, slots=True)
class CopyDone:
    """What became of a copy: nothing where there are `reasons`. `due` where it was lent, `to` where
    it goes or is to be kept, `holder` the pupil who has it."""

    item: str
    reasons: tuple[ProblemReason, ...] = ()
    due: datetime | None = None
    to: Branch | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class CopiesDone:
    """What became of each copy, in the order in which they were given."""

    done: int
    refused: int
    copies: tuple[CopyDone, ...]


@dataclass(frozen=True, slots=True)
class BookingDelivered:
    """What was handed out. `lent_onward`: the pupil by the barcode of the copy."""

    booking: Booking
    copies: CopiesDone
    lent_onward: dict[str, str]


@dataclass(frozen=True, slots=True)
class BookingReturned:
    """What is back, and what is missing still."""

    booking: Booking
    copies: CopiesDone
    missing: tuple[Out, ...]


@dataclass(frozen=True, slots=True)
class PutBack:
    """The copy is kept for its booking no more; `was_set_aside` tells whether it was."""

    item: str
    was_set_aside: bool


def booking_shown(found: KnownBooking, borrower: Patron | None) -> Booking:
    return Booking(
        str(found.id),
        str(found.record_id),
        found.title,
        borrower,
        found.group_name,
        found.first,
        found.last,
        found.copies,
        found.preferred,
        found.minimum,
        branch_shown(found.delivery_branch),
        found.state.value,
        None if found.outcome is None else found.outcome.value,
        found.note,
        tuple(
            Supply(
                branch_shown(each.branch),
                each.material_group,
                each.copies,
                each.reserved_from,
                each.reserved_until,
                each.set_aside,
                each.delivered,
                each.returned,
            )
            for each in found.supplies
        ),
    )


def out_shown(found: OutFor, *, is_named: bool) -> Out:
    """A copy that is out; `is_named` says whether the caller may see who has it."""
    return Out(found.barcode, found.due, found.holder if is_named else None)
