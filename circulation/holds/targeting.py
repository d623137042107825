"""Which hold an item serves, and which item serves a hold. Pure decisions.

An item serves the first of the queue that may have it, with two exceptions:

* a hold on just this item goes before those on the title, as long as there is another copy for
  them: else everybody's copy would be taken from the one patron whom no other copy helps;
* where the rules of the branch say local first, those who fetch it there go before the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from circulation.calendars.due_dates import local_date
from circulation.holds.copies import Copy
from circulation.holds.facts import HoldFacts
from circulation.holds.queues import may_be_served, order_key
from circulation.items.facts import ItemFacts
from circulation.items.features import branch_of
from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp
from circulation.loans.checks import terms_refusals


class Target(NamedTuple):
    """An item as targeting sees it; `branch_id` is the branch it belongs to, for now at least.

    An item with a text in `not_for_loan` serves no hold.
    """

    id: int
    branch_id: int
    material_group: str
    part: str
    not_for_loan: str = ""


def target_of(item: ItemFacts) -> Target:
    its = item.material_group, item.part, item.not_for_loan
    return Target(item.id, branch_of(item), *its)


def suits(item: Target | Copy, hold: HoldFacts) -> bool:
    """Is the item of those that the patron wants?"""
    return hold.item_id in (None, item.id) and hold.part in ("", item.part)


def is_holdable(
    item: Target | Copy, pickup_branch_id: int, patron_category: str, set_up: SetUp
) -> bool:
    """May the item be kept for such a patron at that branch?

    The rules are those of the pickup branch, and of the item's own where they are stricter.
    """
    if not is_within_reach(item, pickup_branch_id, set_up):
        return False
    terms = set_up.lending_terms(
        pickup_branch_id, item.branch_id, patron_category, item.material_group
    )
    return terms.holdable and not terms_refusals(terms)


def is_within_reach(item: Target | Copy, pickup_branch_id: int, set_up: SetUp) -> bool:
    """May the item come to that branch at all?

    Items stay within their agency, unless the transport matrix names the pair of branches: that
    is how agencies share their queues. What a school has stays within the school unless it shares
    its stock, whatever the matrix says.
    """
    owner, pickup = set_up.branches[item.branch_id], set_up.branches[pickup_branch_id]
    return owner.agency_id == pickup.agency_id or (
        owner.agency_id not in set_up.hidden_schools
        and set_up.transport.costs.get((owner.id, pickup.id)) is not None
    )


def can_serve(item: Target | Copy, hold: HoldFacts, set_up: SetUp) -> bool:
    """Would the item do, by what the patron wants and by the rules of the pickup branch? For a hold
    that was forced the rules are passed over, but not how far items travel."""
    if not suits(item, hold) or (isinstance(item, Target) and item.not_for_loan):
        return False
    if hold.is_forced:
        return is_within_reach(item, hold.pickup_branch_id, set_up)
    return is_holdable(item, hold.pickup_branch_id, hold.patron_category, set_up)


def is_due_service(hold: HoldFacts, set_up: SetUp, now: datetime) -> bool:
    """Is the hold one to serve today, as the clock of its pickup branch has it?"""
    return may_be_served(hold, local_date(now, set_up.branches[hold.pickup_branch_id].timezone))


def holds_to_serve(
    item: Target,
    here: Branch,
    queue: Iterable[HoldFacts],
    copies: Sequence[Copy],
    set_up: SetUp,
    now: datetime,
) -> list[HoldFacts]:
    """The holds that the item, which is at `here`, may serve: the one to serve first."""
    found = sorted(
        (
            hold
            for hold in queue
            if is_due_service(hold, set_up, now)
            and can_serve(item, hold, set_up)
            and set_up.transport.cost(here.id, hold.pickup_branch_id) is not None
        ),
        key=order_key,
    )
    if set_up.terms(here.id, "", item.material_group).local_holds_first:
        found.sort(key=lambda hold: hold.pickup_branch_id != here.id)
    others = [copy for copy in copies if copy.id != item.id]

    def would_starve(hold: HoldFacts) -> bool:
        """Would no other copy do for this hold on the title?"""
        return hold.item_id is None and not any(can_serve(copy, hold, set_up) for copy in others)

    if any(hold.item_id is not None for hold in found) and others:
        # Those that no other copy helps, by order; then the rest of the title's.
        found.sort(key=lambda hold: hold.item_id is None and not would_starve(hold))
    return found


class Assignment(NamedTuple):
    """A copy on its shelf, and the hold it is to be fetched for."""

    copy: Copy
    hold: HoldFacts


def assign(
    queue: Sequence[HoldFacts], copies: Sequence[Copy], set_up: SetUp, now: datetime
) -> list[Assignment]:
    """Shares out the copies of a title that stand on shelves: to each hold in order the cheapest
    to send. Holds on an item come first as at check-in: not before one on the title that no
    second copy would do for.
    """

    has_item_holds = any(hold.item_id is not None for hold in queue)

    def gives_way(hold: HoldFacts) -> bool:
        if hold.item_id is not None or not has_item_holds:
            return False
        return sum(can_serve(copy, hold, set_up) for copy in copies) > 1

    due = sorted(
        (hold for hold in queue if is_due_service(hold, set_up, now)),
        key=lambda hold: (gives_way(hold), order_key(hold)),
    )
    free = [copy for copy in copies if copy.is_on_shelf]
    assigned = []
    for hold in due:
        fitting = [
            (cost, copy.id, copy)
            for copy in free
            if can_serve(copy, hold, set_up)
            and (cost := set_up.transport.cost(copy.branch_id, hold.pickup_branch_id)) is not None
        ]
        if fitting:
            _, _, cheapest = min(fitting)
            free.remove(cheapest)
            assigned.append(Assignment(cheapest, hold))
    return assigned


def is_wanted_by_others(
    item: Target,
    patron_id: int,
    queue: Iterable[HoldFacts],
    copies: Sequence[Copy],
    set_up: SetUp,
    now: datetime,
) -> bool:
    """Does somebody else wait whom this item could serve and no copy on a shelf does?

    It decides on renewals of the item, which is on loan to `patron_id`.
    """
    others = [hold for hold in queue if hold.patron_id != patron_id]
    served = {each.hold.id for each in assign(others, copies, set_up, now)}
    return any(
        hold.id not in served
        and is_due_service(hold, set_up, now)
        and can_serve(item, hold, set_up)
        for hold in others
    )
