"""Lending, returning, renewing: what is asked for and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from circulation.kernel.overriding import OVERRIDABLE
from circulation.loans.batches import LARGEST
from protocols.api.models.answers import Branch, Fee, Item, Loan, Patron
from protocols.api.models.common import (
    Barcode,
    BatchName,
    Card,
    Moment,
    PatronId,
    Request,
    Why,
)
from protocols.api.problems import ProblemReason

_OVERRIDABLE = sorted(each.name for each in OVERRIDABLE)
OverridableReason = Annotated[str, Field(pattern=f"^({'|'.join(_OVERRIDABLE)})$")]
#: A stack on an RFID plate, a class, a box.
Stack = Annotated[tuple[Barcode, ...], Field(min_length=1, max_length=LARGEST)]
AcceptedFee = Annotated[
    int,
    Field(ge=0, le=10**12, description="the patron has agreed to pay so many minor units for it"),
]


class OverrideWish(Request):
    """Reasons that the caller passes over, and why."""

    reasons: Annotated[tuple[OverridableReason, ...], Field(min_length=1, max_length=20)]
    why: Why


class ForPatron(Request):
    """Whom it is for: `patron` as answers name them, or the `card` that was shown; one of both."""

    patron: PatronId | None = None
    card: Card | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> ForPatron:
        if (self.patron is None) == (self.card is None):
            raise ValueError("give either patron or card")
        return self


class CheckoutWish(ForPatron):
    """An item is to be lent. `happened`: it was, at that moment, while the line was down. Then only
    an unknown patron or item is refused, and a date further back than `backdate_days` of the loan
    rules or in the future; what else the rules say against it is kept as a conflict.
    """

    item: Barcode
    happened: Moment | None = None
    override: OverrideWish | None = None
    accept_fee: AcceptedFee | None = None


class StackCheckoutWish(ForPatron):
    """Several items are to be lent to one patron. `happened` is as with one item. `silent_batch`:
    it is part of that load from another system, and nobody is told of it."""

    items: Stack
    happened: Moment | None = None
    override: OverrideWish | None = None
    silent_batch: BatchName | None = None


class CheckinWish(Request):
    """An item is handed in. `at`: when it came back, where that was earlier; not further back than
    `backdate_days` of the loan rules, and not in the future. `happened`: it was handed in at that
    moment, while the line was down. Where it was lent or returned after that, it stays there."""

    item: Barcode
    at: Moment | None = None
    happened: Moment | None = None


class StackCheckinWish(Request):
    """Several items are handed in."""

    items: Stack
    at: Moment | None = None


class RenewalWish(Request):
    """The loan of an item is to last longer. `seen` False: the item is not at hand."""

    item: Barcode
    seen: bool = True
    override: OverrideWish | None = None
    accept_fee: AcceptedFee | None = None


class StackRenewalWish(Request):
    """The loans of several items are to last longer."""

    items: Stack
    override: OverrideWish | None = None


class AllRenewalsWish(ForPatron):
    """All loans of a patron are to last longer, as far as they can."""

    accept_fee: AcceptedFee | None = None


class OwnRenewalWish(Request):
    """A loan of the patron's own is to last longer."""

    item: Barcode
    accept_fee: AcceptedFee | None = None


class OwnRenewalsWish(Request):
    """All of the patron's own loans are to last longer, as far as they can."""

    accept_fee: AcceptedFee | None = None


class UndoWish(Request):
    """What this desk did last with the item is to be taken back."""

    item: Barcode


Next = Literal[
    "undo",
    "renew",
    "check_in",
    "claim_returned",
    "declare_lost",
    "open_patron",
    "pay",
    "hold",
    "print",
]


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """The item is on loan. `overridden`: what would have hindered it. `may`: what can follow."""

    item: Item
    patron: Patron
    loan: Loan
    may_renew: bool
    overridden: tuple[ProblemReason, ...]
    charged: tuple[Fee, ...]
    may: tuple[Next, ...]


@dataclass(frozen=True, slots=True)
class Renewed:
    """The loan ends later: `previous_due` is when it would have ended. `patron` is whose loan it
    is, where the caller may see them."""

    item: Item
    patron: Patron | None
    loan: Loan
    previous_due: datetime
    may_renew: bool
    overridden: tuple[ProblemReason, ...]
    charged: tuple[Fee, ...]
    may: tuple[Next, ...]


DestinationName = Literal[
    "SHELF_HERE",
    "FLOAT_HERE",
    "TRANSIT_HOME",
    "HOLD_SHELF_HERE",
    "TRANSIT_TO_PICKUP",
    "PROBLEM_BIN",
]


@dataclass(frozen=True, slots=True)
class HeldFor:
    """The hold that an item goes to: `number` and `deadline` once it is on the hold shelf.
    `waits_until`: the pickup branch is closed, and the item stays here until that day."""

    hold: str
    patron: str | None
    name: str | None
    pickup_branch: Branch
    number: int | None
    deadline: datetime | None
    waits_until: date | None = None


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The item was handed in, and goes to `destination`: always exactly one. `borrower` is whose
    loan this ended, where the caller may see them. `printing` is the job of the note or slip that
    the workstation's printer makes for it. `is_before_loan`: `at` was before the loan, so the
    return is recorded at the time of the loan. `is_past`: it happened off line, and the item was
    lent or returned after that: it stays there."""

    item: Item
    destination: DestinationName
    to_branch: Branch
    was_on_loan: bool
    was_overdue: bool
    borrower: Patron | None
    loan: Loan | None
    held_for: HeldFor | None
    charged: tuple[Fee, ...]
    may: tuple[Next, ...]
    printing: str | None = None
    is_before_loan: bool = False
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class StackResult:
    """What became of one item of a stack: one of the three is there, or else `reasons` are. Where
    no item has the barcode, `near` are those of items that are a slip of a finger away."""

    barcode: str
    checked_out: CheckedOut | None = None
    checked_in: CheckedIn | None = None
    renewed: Renewed | None = None
    reasons: tuple[ProblemReason, ...] = ()
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StackResults:
    """What became of each item, in the order in which they were given."""

    done: int
    refused: int
    results: tuple[StackResult, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """The last act is taken back: `undone` says which. `loan` and `patron` are those of the loan
    that goes on."""

    undone: Literal["check_out", "check_in"]
    item: Item
    loan: Loan | None
    patron: Patron | None
