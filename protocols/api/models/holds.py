"""Holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from protocols.api.models.answers import Branch, Fee, Patron
from protocols.api.models.common import Barcode, Continued, Isil, Limit, Number, Request, Why
from protocols.api.models.desk import AcceptedFee, ForPatron, OverrideWish
from protocols.api.problems import ProblemReason

HoldKindName = Literal["normal", "parallel", "serial"]


class WantedWish(Request):
    """A `title`, of a serial perhaps a `part`, or just this `item`."""

    title: Number | None = None
    item: Barcode | None = None
    part: Annotated[str, Field(max_length=100)] = ""

    @model_validator(mode="after")
    def _title_or_item(self) -> WantedWish:
        if (self.title is None) == (self.item is None):
            raise ValueError("give either title or item")
        return self


class WhatIsWanted(WantedWish):
    """The same, and where it is to be fetched, unless that is where the patron usually does."""

    pickup_branch: Isil | None = None


class HoldDetails(WhatIsWanted):
    """What is wanted, and when."""

    activates: date | None = None
    interest_until: date | None = None
    accept_fee: AcceptedFee | None = None


class HoldEnd(Request):
    """Why a hold ends: the library cannot get what is wanted, which the patron is told."""

    unobtainable: bool = False


class NewHoldSet(ForPatron):
    """Several holds for a patron, all or none. `parallel`: any one of them will do, and those that
    cannot be placed are left out; `serial`: one after the other. In the queue the smaller
    `priority` goes first, which takes the right to reorder holds."""

    wanted: Annotated[tuple[WantedWish, ...], Field(min_length=1, max_length=100)]
    kind: HoldKindName = "normal"
    pickup_branch: Isil | None = None
    activates: date | None = None
    interest_until: date | None = None
    priority: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    override: OverrideWish | None = None
    accept_fee: AcceptedFee | None = None


class NewHold(HoldDetails, ForPatron):
    """A hold for a patron. `override` passes over reasons of the rules by name."""

    override: OverrideWish | None = None


class Pause(Request):
    """The hold is passed over from `first` to `last`, or until further notice."""

    first: date
    last: date | None = None


class MoveWish(Request):
    """The hold is to be the `number`-th of those that wait; 1 is the next to be served."""

    number: Annotated[int, Field(ge=1, le=100_000)]
    why: Why


class HoldChanges(Request):
    """What is to be changed; what is not said stays. `pause` null ends a pause."""

    pickup_branch: Isil | None = None
    activates: date | None = None
    interest_until: date | None = None
    pause: Pause | None = None


HoldNext = Literal["change", "pause", "cancel", "move"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold and its prospects: `number_in_queue` 1 is the next; `days` is an estimate. `kind` is
    how it belongs to those that were asked for with it. `bound_item` is the one that comes for it;
    `number` and `deadline` while it is on the hold shelf."""

    id: str
    title_id: str
    title: str
    author: str
    item: str | None
    part: str
    state: Literal["WAITING", "ON_THE_WAY", "READY", "CLOSED"]
    outcome: str | None
    pickup_branch: Branch
    placed: datetime
    activates: date | None
    interest_until: date
    paused_from: date | None
    paused_until: date | None
    number_in_queue: int | None
    days: int | None
    number: int | None
    deadline: datetime | None
    may: tuple[HoldNext, ...]
    kind: HoldKindName
    bound_item: str | None


class HoldPaging(Continued):
    """Which part of a patron's holds, all where no `limit` is given; `ready` those alone for which
    an item lies ready."""

    limit: Limit | None = None
    ready: bool = False


@dataclass(frozen=True, slots=True)
class PatronHolds:
    """The open holds of a patron, the oldest first."""

    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class HoldProspect:
    """What a hold could expect that was placed now: `number_in_queue` 1 is the next, `days` is an
    estimate, null where nothing is known of any copy. `reasons` are all that the rules say against
    it; what it costs is one."""

    pickup_branch: Branch
    number_in_queue: int | None
    days: int | None
    reasons: tuple[ProblemReason, ...]


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """The hold was placed. `recalled` are the loans that were brought forward for it."""

    hold: Hold
    patron: Patron
    recalled: tuple[str, ...]
    charged: tuple[Fee, ...]


@dataclass(frozen=True, slots=True)
class RecalledFor:
    """A loan that was brought forward."""

    item: str
    due: datetime
    previous_due: datetime


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """What could not be placed of a parallel set, and why."""

    title_id: str | None
    item: str | None
    part: str
    reasons: tuple[ProblemReason, ...]


@dataclass(frozen=True, slots=True)
class HoldSetPlaced:
    """The holds that were placed, in the order asked for; `recalled` are the loans that were
    brought forward for them."""

    holds: tuple[Hold, ...]
    patron: Patron
    refused: tuple[NotPlaced, ...]
    recalled: tuple[RecalledFor, ...]
    charged: tuple[Fee, ...]


@dataclass(frozen=True, slots=True)
class QueuedHold:
    """A hold in the queue of its title. `passed_over` says why it is not served today."""

    hold: Hold
    patron: Patron | None
    passed_over: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """The open holds of a title in the order in which they are served."""

    holds: tuple[QueuedHold, ...]
