"""What is asked for when holds are placed, and what joins that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from circulation.holds.kinds import HoldKind
from circulation.holds.queues import ORDINARY
from circulation.holds.results import Wanted
from circulation.kernel.act import Act
from circulation.kernel.overriding import NO_OVERRIDE, Override
from circulation.kernel.parts import Registry
from circulation.kernel.results import Branch, ChargedFee, Refusal
from circulation.kernel.set_up import SetUp
from circulation.patrons.facts import PatronFacts


class HoldWish(NamedTuple):
    """Holds for the patron with identifier `patron`, all or none.

    `pickup_branch` is an ISIL, by default that of the patron's preferred or else home branch;
    its rules hold. Nothing is served before the day `activates` nor after `interest_until` (None:
    as the patron prefers, or else as the rules have it). In the queue the smaller `queue_class`
    goes first, then the smaller `priority`, then who came first. `pin` and `fee_acknowledged`, for
    all that is wanted together, as in `circulation.loans.wishes.LoanWish`. `overriding` names what
    staff pass over; NOT_HOLDABLE only where a copy could come to the branch, so that it is the
    rules alone that hinder.
    """

    patron: str
    wanted: Sequence[Wanted]
    kind: HoldKind = HoldKind.NORMAL
    pickup_branch: str | None = None
    activates: date | None = None
    interest_until: date | None = None
    queue_class: int = ORDINARY
    priority: int = 0
    pin: str | None = None
    fee_acknowledged: bool | int = False
    overriding: Override = NO_OVERRIDE


class HoldChange(NamedTuple):
    """What is to be changed of a patron's hold; None leaves things as they are."""

    patron: str
    hold_id: int
    pickup_branch: str | None = None
    activates: date | None = None
    interest_until: date | None = None
    pin: str | None = None


class HoldsCase(NamedTuple):
    """Holds that may be placed: `times` says how many are charged for, where holds are."""

    act: Act
    set_up: SetUp
    borrower: PatronFacts
    pickup: Branch
    times: int
    fee_acknowledged: bool | int


class HoldsSight:
    """What a feature has seen of holds that may be placed."""

    __slots__ = ()

    def refusals(self, case: HoldsCase) -> Sequence[Refusal]:
        """Why they cannot be placed."""
        return ()

    def follow(self, case: HoldsCase) -> Sequence[ChargedFee]:
        """They were placed; gives what the borrower, who is locked, was charged."""
        return ()


#: How features look at holds that may be placed; None where there is nothing to say.
PLACING: Registry[Callable[[HoldsCase], HoldsSight | None]] = Registry("holds.wishes:PLACING")
