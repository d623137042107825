"""What joins lending and returning: holds, fees, bookings, interlending, and whatever comes later.

Lending and renewing look, judge and write. A feature that the item concerns looks at the case
first, and may take locks and read more; what it has seen (`LoanSight`) then says what hinders the
loan, how long it may last, and, once it is written, what follows from it.

A return cannot be split like that: where an item goes is found by reading and closing holds in
turn. There a feature is asked step by step (`ReturnFeature`).

`circulation.assembly` says in which order the features are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from circulation.items.facts import ItemFacts
from circulation.kernel.act import Act
from circulation.kernel.parts import Features, Part, Registry
from circulation.kernel.policy import LoanTerms
from circulation.kernel.results import (
    Branch,
    ChargedFee,
    CheckedIn,
    Destination,
    HeldFor,
    Loan,
    Refusal,
    Stay,
)
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import OpenLoan
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.patrons.facts import PatronFacts


class LoanCase(NamedTuple):
    """Who is to have what, where and under which terms: all that is known before features look.

    `loan` is the open loan of the item, that of a renewal. `branch` is the one that lends or has
    lent; `at` is when it happens or has happened, `act.now` when it is written down.
    """

    act: Act
    wish: LoanWish | RenewalWish
    item: ItemFacts
    loan: OpenLoan | None
    borrower: PatronFacts
    set_up: SetUp
    branch: Branch
    terms: LoanTerms
    at: datetime


@dataclass(slots=True)
class Written:
    """A loan that was just written, and its event as it is being put together.

    `is_over`: it was reported so late that it is written down as ended.
    """

    loan: Loan
    before: dict[str, Any]
    after: dict[str, Any]
    is_over: bool = False
    hold_id: int | None = None


class LoanSight:
    """What a feature has seen of a case; by itself it has nothing to say."""

    __slots__ = ()

    def refusals(self, case: LoanCase) -> Sequence[Refusal]:
        return ()

    def bounded(self, case: LoanCase, due: datetime | None) -> datetime | None:
        """When a loan is due that would otherwise be due at `due`."""
        return due

    @property
    def price(self) -> tuple[int, str] | None:
        """What it costs to go on, in minor units of a currency."""
        return None

    def charge(self, case: LoanCase, loan: Loan) -> tuple[ChargedFee, ...]:
        """Charges for the loan that is about to be written: facts and events show it as it was."""
        return ()

    def follow(self, case: LoanCase, written: Written) -> None:
        """Writes what follows from the loan, and adds to its event."""


class Look(NamedTuple):
    """How a feature looks at the case of an item that has one of `parts`; without parts, at all.

    Gives None where there is nothing to say.
    """

    parts: tuple[Part[Any], ...]
    at: Callable[[LoanCase], LoanSight | None]


LENDING: Features[Look] = Features("loans.features:LENDING")
RENEWING: Features[Look] = Features("loans.features:RENEWING")


def look_at(features: Features[Look], case: LoanCase) -> tuple[LoanSight, ...]:
    """What all the features concerned see of the case, in their order."""
    seen: tuple[LoanSight, ...] = ()
    for look in features.of(case.item):
        sight = look.at(case)
        if sight is not None:
            seen += (sight,)
    return seen


def charge(seen: tuple[LoanSight, ...], case: LoanCase, loan: Loan) -> tuple[ChargedFee, ...]:
    """What all of them charge for the loan."""
    charged: tuple[ChargedFee, ...] = ()
    for sight in seen:
        charged += sight.charge(case, loan)
    return charged


class HoldHandling(Enum):
    """What a desk or machine does with the holds on an item that is handed in there."""

    #: The item is sent to where somebody waits for it, and bound to nobody.
    ROUTE = "route"
    #: It is bound to the hold, but the patron is told only when staff take it in hand.
    BIND = "bind"
    #: It is bound and, at the pickup branch, put on the hold shelf: the patron is told.
    SHELVE = "shelve"
    #: Such an item is not accepted: staff must see to it.
    REFUSE = "refuse"


class Route(NamedTuple):
    """Where the item goes, and to which hold."""

    destination: Destination
    to_branch: Branch
    held_for: HeldFor | None = None


@dataclass(slots=True)
class ReturnCase:
    """An item that is handed in here: features change what is said of it.

    `loan` is the one that this ends, `at` when the item came back, and `charged` what the borrower
    is charged. `is_told`: another has taken it back then, and we hear of it. `shelf` is where it
    goes if it is to stay here, `floats` says whether it may stay at a branch that is not its own.
    `before` and `after` are what features add to the event, for undoing it.
    `is_before_loan`: the return was dated before the loan. `happened` is when it was made, off
    line.
    """

    act: Act
    item: ItemFacts
    loan: OpenLoan | None
    set_up: SetUp
    here: Branch
    handling: HoldHandling
    at: datetime
    is_told: bool = False
    charged: tuple[ChargedFee, ...] = ()
    shelf: Destination = Destination.SHELF_HERE
    floats: bool = True
    stay: Stay | None = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    is_before_loan: bool = False
    happened: datetime | None = None


class ReturnFeature:
    """Asked about the items that have one of `parts`, in this order."""

    parts: tuple[Part[Any], ...] = ()

    def hindrances(self, case: ReturnCase) -> Sequence[Refusal]:
        """Why the item is not taken here. Changes nothing."""
        return ()

    def settle(self, case: ReturnCase) -> None:
        """The loan has ended, or there was none."""

    def claim(self, case: ReturnCase) -> Route | None:
        """Where the item goes for the sake of this feature; the first that has a claim gets it."""
        return None

    def follow(self, case: ReturnCase, route: Route) -> None:
        """The item goes there."""

    def leave(self, case: ReturnCase) -> None:
        """It was checked in, and is written down: what it does now is in no answer."""


#: Takes in an item whose barcode nobody knows here, where it is awaited; None where it is not.
AWAITED: Registry[Callable[[Act, str], CheckedIn | None]] = Registry("loans.features:AWAITED")
RETURNING: Features[ReturnFeature] = Features("loans.features:RETURNING")
