"""What the verbs of holds are asked for and answer: frozen facts, as in
`circulation.kernel.results`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from circulation.holds.changes import HoldOutcome
from circulation.holds.facts import HoldFacts
from circulation.holds.kinds import HoldKind
from circulation.kernel.results import Branch, ChargedFee, Patron, Refusal
from circulation.kernel.set_up import SetUp


class Wanted(NamedTuple):
    """What a hold is to be placed on: a title, or just this item; of a serial, a part of it.

    Give `record_id` or `item` (a barcode); `part` (`items.part`) goes with `record_id`.
    """

    record_id: int | None = None
    item: str | None = None
    part: str = ""


class HoldState(Enum):
    """How far a hold has come."""

    WAITING = "waits in the queue"
    ON_THE_WAY = "an item is on its way to the pickup branch"
    READY = "ready for pickup"
    CLOSED = "closed"


class Hold(NamedTuple):
    """A hold as it stands. `number` and `deadline` are given while it is READY."""

    id: int
    record_id: int
    title: str
    author: str
    item: str | None  # barcode: only this item will do
    part: str
    kind: HoldKind
    state: HoldState
    outcome: HoldOutcome | None  # of CLOSED
    pickup_branch: Branch
    placed: datetime
    activates: date | None
    interest_until: date
    paused_from: date | None
    paused_until: date | None
    waits_for: int | None  # of a serial set: the hold that comes first
    bound_item: str | None  # barcode
    number: int | None  # on the hold shelf: says nothing of the patron
    deadline: datetime | None
    set_id: int | None  # of those that belong together


def hold_of(facts: HoldFacts, set_up: SetUp) -> Hold:
    """The noun for the row."""
    is_ready = facts.is_bound and facts.shelf_branch_id == facts.pickup_branch_id
    if facts.closed is not None:
        state = HoldState.CLOSED
    elif is_ready:
        state = HoldState.READY
    elif facts.is_bound:
        state = HoldState.ON_THE_WAY
    else:
        state = HoldState.WAITING
    is_ready = state is HoldState.READY
    return Hold(
        facts.id,
        facts.record_id,
        facts.title,
        facts.author,
        facts.item_barcode,
        facts.part,
        HoldKind.NORMAL if facts.set_kind is None else HoldKind(facts.set_kind),
        state,
        None if facts.outcome is None else HoldOutcome(facts.outcome),
        set_up.branches[facts.pickup_branch_id],
        facts.placed,
        facts.activates,
        facts.interest_until,
        facts.paused_from,
        facts.paused_until,
        facts.waits_for,
        facts.captured_barcode if facts.is_bound else None,
        facts.number if is_ready else None,
        facts.deadline if is_ready else None,
        facts.set_id,
    )


@dataclass(frozen=True, slots=True)
class QueuedHold:
    """A hold and its prospects.

    `number_in_queue` is 1 for the next to be served, None once an item is bound to it; `days` is
    an estimate, None where nothing is known of any copy, 0 where the hold is ready.
    """

    hold: Hold
    number_in_queue: int | None
    days: int | None


class RecalledLoan(NamedTuple):
    """A loan whose due date was brought forward, because somebody waits."""

    loan_id: int
    item: str  # barcode
    previous_due: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class HoldsPlaced:
    """The holds that were placed, in the order asked for.

    `refused` is not empty only for a parallel set: those of it that could not be placed.
    `recalled` are the loans that were brought forward for them.
    """

    patron: Patron
    holds: tuple[QueuedHold, ...]
    refused: tuple[tuple[Wanted, tuple[Refusal, ...]], ...] = ()
    recalled: tuple[RecalledLoan, ...] = ()
    overridden: tuple[Refusal, ...] = ()  # what staff passed over
    charged: tuple[ChargedFee, ...] = ()  # where the rules make holds cost something


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The hold as it is now: changed, paused or cancelled."""

    patron: Patron
    queued: QueuedHold


@dataclass(frozen=True, slots=True)
class PatronHolds:
    """The open holds of a patron, the oldest first."""

    patron: Patron
    holds: tuple[QueuedHold, ...]
