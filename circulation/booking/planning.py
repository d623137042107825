"""From which branches the copies of a booking come: pure decisions on pools and rules.

Suppliers are asked in order, and each gives what is free in the whole of the period, its own days
before and after included, until there are as many as preferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from circulation.booking.capacity import Pool, PoolKey
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal
from circulation.kernel.set_up import SetUp
from circulation.loans.checks import terms_refusals

#: No class is larger, and no set.
MOST_COPIES = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be booked, by whom, from which branches in which order. `however_long`: whatever
    the rules say of how long a booking may be."""

    category: str
    first: date
    last: date
    preferred: int
    minimum: int
    suppliers: Sequence[Branch]
    delivery: Branch
    however_long: bool = False


class Share(NamedTuple):
    """What a pool gives to a booking."""

    pool: PoolKey
    copies: int
    reserved_from: date
    reserved_until: date


def usual_suppliers(set_up: SetUp, delivery: Branch) -> list[Branch]:
    """The branches that supply one: itself, those of its agency, and those of others that the
    transport matrix lets send there; the cheapest to send from first."""
    found = []
    for branch in set_up.branches.values():
        cost = set_up.transport.cost(branch.id, delivery.id)
        if cost is not None and is_supplier(set_up, branch, delivery):
            found.append((branch.id != delivery.id, cost, branch.isil, branch))
    return [branch for *_, branch in sorted(found)]


def is_supplier(set_up: SetUp, branch: Branch, delivery: Branch) -> bool:
    """May copies of the branch be booked for delivery at the other?

    Within an agency, and where the transport matrix names the pair: as holds do. What a school has
    stays within the school unless it shares its stock.
    """
    if branch.agency_id == delivery.agency_id:
        return set_up.transport.cost(branch.id, delivery.id) is not None
    if branch.agency_id in set_up.hidden_schools:
        return False
    return set_up.transport.costs.get((branch.id, delivery.id)) is not None


def wish_refusals(wish: Wish, today: date) -> list[Refusal]:
    """What is wrong with the wish itself."""
    refusals = []
    if wish.last < wish.first or wish.last < today:
        refusals.append(Refusal(Reason.BOOKING_DATES_WRONG))
    if not 1 <= wish.minimum <= wish.preferred <= MOST_COPIES:
        refusals.append(Refusal(Reason.NOT_ENOUGH_COPIES, limit=MOST_COPIES))
    return refusals


def plan(
    wish: Wish, pools: Mapping[PoolKey, Pool], set_up: SetUp, today: date
) -> list[Share] | Refusal:
    """What each pool gives; or why there are too few copies, with how many there could be."""
    shares: list[Share] = []
    wanted, longest = wish.preferred, 0
    is_bookable = False
    days = (wish.last - wish.first).days + 1
    for branch in wish.suppliers:
        for key in sorted(key for key in pools if key.branch_id == branch.id):
            terms = set_up.terms(branch.id, wish.category, key.material_group)
            if not (pools[key].copies and may_be_booked(set_up, key, wish.category, wish.delivery)):
                continue
            is_bookable = True
            most = None if wish.however_long else terms.max_booking_days
            if most is not None and days > most:
                longest = max(longest, most)
                continue
            first, last = reserved(wish.first, wish.last, terms)
            free = min(pools[key].free(max(first, today), last), wanted)
            if free > 0:
                shares.append(Share(key, free, first, last))
                wanted -= free
    promised = wish.preferred - wanted
    if promised >= wish.minimum:
        return shares
    if not is_bookable:
        return Refusal(Reason.NOT_BOOKABLE)
    if longest and not promised:
        return Refusal(Reason.BOOKING_TOO_LONG, limit=longest)
    return Refusal(Reason.NOT_ENOUGH_COPIES, limit=promised)


def may_be_booked(set_up: SetUp, pool: PoolKey, category: str, delivery: Branch) -> bool:
    """Do the rules let such patrons book copies of the pool, to be lent at the branch `delivery`?

    The branch whose copies they are says whether they may be booked, and the one that is to lend
    them whether it lends, or has booked, such things to such patrons at all.
    """
    if not set_up.terms(pool.branch_id, category, pool.material_group).bookable:
        return False
    there = set_up.terms(delivery.id, category, pool.material_group)
    return delivery.id == pool.branch_id or there.bookable or not terms_refusals(there)


def reserved(first: date, last: date, terms: LoanTerms) -> tuple[date, date]:
    """The period with the days that fetching and tidying take, as far as dates go."""
    before = min(timedelta(days=terms.booking_days_before), first - date.min)
    after = min(timedelta(days=terms.booking_days_after), date.max - last)
    return first - before, last + after


def may_book(set_up: SetUp, branches: Iterable[Branch], category: str) -> bool:
    """Do the rules let such patrons book anything that one of the branches may have?"""
    groups = {rule.material_group or "" for rule in set_up.policies if rule.says.get("bookable")}
    return any(
        set_up.terms(branch.id, category, group).bookable for branch in branches for group in groups
    )
