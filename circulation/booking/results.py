"""What the verbs of bookings, deposits and themes answer: frozen facts, as all of circulation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from circulation.booking.facts import BookingFacts, SupplyFacts
from circulation.kernel.results import Branch, CheckedIn, CheckedOut, Refused, StayKind
from circulation.kernel.set_up import SetUp


class BookingOutcome(Enum):
    """Why a booking is over. The value is what `bookings.outcome` holds."""

    FULFILLED = "fulfilled"  # all that was lent for it is back
    CANCELLED = "cancelled"
    REFUSED = "refused"  # by the library, which cannot meet it
    NOT_COLLECTED = "not_collected"  # its last day has passed, and nothing was lent for it


class BookingState(Enum):
    """How far a booking has come."""

    PLACED = "placed"
    IN_PREPARATION = "in preparation"  # copies were set aside
    DELIVERED = "delivered"  # some or all copies are with the borrower
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Supplied:
    """The part of a booking that one branch supplies.

    `reserved_from` and `reserved_until` are the booking's days with those before and after.
    """

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
    """A booking. `copies` is what is promised, between `minimum` and `preferred`.

    `first` and `last` are the days on which the borrower has the copies. `patron_id` and
    `patron_name` are None once the booking was cut from them.
    """

    id: int
    record_id: int
    title: str
    author: str
    patron_id: int | None
    patron_name: str | None
    group_id: int | None
    group_name: str | None
    delivery_branch: Branch
    first: date
    last: date
    preferred: int
    minimum: int
    copies: int
    lends_onward: bool
    note: str
    placed: datetime
    state: BookingState
    outcome: BookingOutcome | None
    supplies: tuple[Supplied, ...]

    @property
    def is_partial(self) -> bool:
        """Are fewer copies promised than were preferred?"""
        return self.copies < self.preferred


def booking_of(facts: BookingFacts, supplies: list[SupplyFacts], set_up: SetUp) -> Booking:
    """The booking from its rows."""
    if facts.closed is not None:
        state = BookingState.CLOSED
    elif any(supply.delivered for supply in supplies):
        state = BookingState.DELIVERED
    elif any(supply.set_aside for supply in supplies):
        state = BookingState.IN_PREPARATION
    else:
        state = BookingState.PLACED
    return Booking(
        facts.id,
        facts.record_id,
        facts.title,
        facts.author,
        facts.patron_id,
        facts.patron_name,
        facts.group_id,
        facts.group_name,
        set_up.branches[facts.delivery_branch_id],
        facts.first,
        facts.last,
        facts.preferred,
        facts.minimum,
        sum(supply.copies for supply in supplies),
        facts.lends_onward,
        facts.note,
        facts.placed,
        state,
        None if facts.outcome is None else BookingOutcome(facts.outcome),
        tuple(
            Supplied(
                set_up.branches[supply.branch_id],
                supply.material_group,
                supply.copies,
                supply.reserved_from,
                supply.reserved_until,
                supply.set_aside,
                supply.delivered,
                supply.returned,
            )
            for supply in supplies
        ),
    )


class DayFree(NamedTuple):
    """A day of the availability calendar: how many copies are free, by ISIL of their branch."""

    day: date
    free: int
    by_branch: dict[str, int]


class ShelfCopy(NamedTuple):
    """A copy that could be fetched for a booking."""

    barcode: str
    location: str
    sublocation: str
    call_number: str


@dataclass(frozen=True, slots=True)
class ToPrepare:
    """A line of the picking list: copies that a branch still has to set aside for a booking.

    `candidates` stand on its shelves. `short` is by how many there are too few of them.
    """

    booking: Booking
    material_group: str
    copies: int
    candidates: tuple[ShelfCopy, ...]
    short: int


class OutFor(NamedTuple):
    """A copy that was lent for a booking and is not back."""

    barcode: str
    due: datetime
    holder: str | None  # the pupil who has it


@dataclass(frozen=True, slots=True)
class Delivered:
    """An answer for each barcode, in order; `booking` is as it stands then.

    `lent_onward` names the pupil for each barcode that went on to one at once.
    """

    booking: Booking
    answers: tuple[CheckedOut | Refused, ...]
    lent_onward: dict[str, str]


@dataclass(frozen=True, slots=True)
class BookingReturned:
    """An answer for each barcode, in order, and what of the booking is still out."""

    booking: Booking
    answers: tuple[CheckedIn | Refused, ...]
    missing: tuple[OutFor, ...]


class Station(NamedTuple):
    """Where the items of a deposit or theme are from a day on; `place` is a shelf, or a place
    outside of the branch that looks after it."""

    first: date
    branch: Branch
    place: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """A deposit or a theme. `station` is the one in force, None before the first and at the end.

    `loan_days`: None lends its items as ever, 0 not at all, else for so many days at most.
    """

    id: int
    kind: StayKind
    name: str
    branch: Branch  # who has put it together
    loan_days: int | None
    ends: date | None
    closed: datetime | None
    stations: tuple[Station, ...]
    station: Station | None
    items: int


class ToMove(NamedTuple):
    """An item that is not where its booking, deposit or theme wants it, or is to go home.

    It stands at `from_branch`; nobody has it on loan, and it is not on its way.
    """

    item_id: int
    barcode: str
    title: str
    call_number: str
    kind: StayKind
    name: str
    place: str
    from_branch: Branch
    to_branch: Branch
    is_over: bool
    since: datetime
