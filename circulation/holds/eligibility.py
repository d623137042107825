"""Whether a patron may have a hold on something: pure decisions, each giving all its refusals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from circulation.holds.copies import Copy
from circulation.holds.facts import HoldFacts
from circulation.holds.results import Wanted
from circulation.holds.targeting import is_holdable, is_within_reach
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import Action, Reason
from circulation.kernel.results import Branch, Refusal
from circulation.kernel.set_up import SetUp
from circulation.loans.checks import patron_refusals
from circulation.patrons.facts import PatronFacts
from circulation.patrons.kinds import PatronKind


def patron_hold_refusals(
    patron: PatronFacts,
    terms: LoanTerms,
    open_holds: int,
    new_holds: int,
    today: date,
    agencies: Collection[int],
) -> list[Refusal]:
    """Why the patron may not have so many more holds; `terms` are those of the pickup branch,
    `agencies` those whose blocks count there."""
    refusals = patron_refusals(patron, Action.HOLD, today, agencies)
    if terms.max_holds is not None and open_holds + new_holds > terms.max_holds:
        refusals.append(Refusal(Reason.TOO_MANY_HOLDS, limit=terms.max_holds))
    return refusals


def is_for_many(patron: PatronFacts) -> bool:
    """Does the patron stand for a library, whose readers may want several copies of one title?"""
    return patron.kind == PatronKind.LIBRARY.value


def date_refusals(activates: date | None, interest_until: date, today: date) -> list[Refusal]:
    """Why a hold cannot be open for these days."""
    if interest_until < max(today, activates or today):
        return [Refusal(Reason.HOLD_DATES_WRONG)]
    return []


class Located(NamedTuple):
    """What is wanted, found in the catalogue; `record_id` None where it was not."""

    wanted: Wanted
    record_id: int | None
    item_id: int | None


def target_refusals(
    located: Located,
    copies: Sequence[Copy],
    patron: PatronFacts,
    own_holds: Sequence[HoldFacts],
    pickup_branch_id: int,
    set_up: SetUp,
) -> list[Refusal]:
    """Why there can be no hold for the patron on what is wanted, of a record with these copies.

    One that asks for a part and one that asks for any do not stand in each other's way. Nor do
    those of a library: it asks for its readers, each of whom may want a copy of their own. What
    belongs to another library is kept for whom it has come for, and for nobody else.
    """
    _, record_id, item_id = located
    refusals = []
    same = [
        hold
        for hold in own_holds
        if hold.record_id == record_id and hold.part == located.wanted.part
    ]
    if is_for_many(patron):
        same = [hold for hold in same if item_id is not None and hold.item_id == item_id]
    if same:
        refusals.append(Refusal(Reason.ALREADY_ON_HOLD))
    fitting = _fitting(located, copies)
    if not any(
        is_holdable(copy, pickup_branch_id, patron.category, set_up)
        for copy in fitting
        if _is_for(copy, patron)
    ):
        refusals.append(Refusal(Reason.NOT_HOLDABLE))
    on_loan = [
        copy
        for copy in fitting
        if copy.borrower_id == patron.id and (not is_for_many(patron) or copy.id == item_id)
    ]
    if any(
        not set_up.terms(pickup_branch_id, patron.category, copy.material_group).hold_while_on_loan
        for copy in on_loan
    ):
        refusals.append(Refusal(Reason.ALREADY_ON_LOAN_TO_PATRON))
    return refusals


def could_come(
    located: Located,
    copies: Sequence[Copy],
    patron: PatronFacts,
    pickup_branch_id: int,
    set_up: SetUp,
) -> bool:
    """Could a copy of what is wanted come to the branch for the patron, were it not for rules?"""
    return any(
        is_within_reach(copy, pickup_branch_id, set_up)
        for copy in _fitting(located, copies)
        if _is_for(copy, patron)
    )


def _fitting(located: Located, copies: Sequence[Copy]) -> list[Copy]:
    wanted, item_id = located.wanted, located.item_id
    return [
        copy for copy in copies if item_id in (None, copy.id) and wanted.part in ("", copy.part)
    ]


def _is_for(copy: Copy, patron: PatronFacts) -> bool:
    return not copy.is_foreign or copy.came_for == patron.id


def pickup_branch_of(set_up: SetUp, borrower: PatronFacts, isil: str | None) -> Branch | None:
    """The branch with that ISIL, by default the patron's own; None where there is no such
    branch."""
    if isil is None:
        return set_up.branches[borrower.home_branch_id]
    return next((branch for branch in set_up.branches.values() if branch.isil == isil), None)
