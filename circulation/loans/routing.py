"""Where an item that is handed in goes: always exactly one place.

In this order: to where a feature claims it for (a patron who waits), to the shelf here where it
floats or belongs, else home; to the problem bin where nothing goes home from here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from catalogue.database import Statement, send
from catalogue.holders import update_holders
from catalogue.schema import items
from circulation.items.features import branch_of
from circulation.items.transits import TransitReason, begin_transit, end_transit
from circulation.kernel.results import Destination
from circulation.loans.features import ReturnCase, ReturnFeature, Route


@send
def _move_home(*, item_id: int, branch_id: int) -> Statement:
    return update(items).where(items.c.id == item_id).values(branch_id=branch_id)


def route(case: ReturnCase, features: Sequence[ReturnFeature]) -> Route:
    """Decides, and writes what follows: the transit, and what features add.

    The item is locked, and a loan of it has just been ended.
    """
    item, here, transaction = case.item, case.here, case.act.transaction
    found = None
    for feature in features:
        found = found or feature.claim(case)
    found = found or _to_shelf(case)
    if item.transit_to_id is not None:
        end_transit(transaction, item_id=item.id)
    if found.to_branch.id != here.id:
        reason = TransitReason.PICKUP
        if found.destination is Destination.TRANSIT_HOME:
            is_home = found.to_branch.id == item.home_branch_id
            reason = TransitReason.HOME if is_home else TransitReason.STAY
        now = case.act.now
        begin_transit(
            transaction,
            item_id=item.id,
            from_branch_id=here.id,
            to_branch_id=found.to_branch.id,
            since=now,
            reason=reason.value,
        )
    return found


def _to_shelf(case: ReturnCase) -> Route:
    item, here, transport = case.item, case.here, case.set_up.transport
    home = case.set_up.branches[branch_of(item)]
    if here.id == home.id:
        return Route(case.shelf, here)
    if case.floats and transport.floats_at(item.float_group, here.id):
        _move_home(case.act.transaction, item_id=item.id, branch_id=here.id)
        update_holders(case.act.transaction, (item.record_id,))
        return Route(Destination.FLOAT_HERE, here)
    if transport.cost(here.id, home.id) is None:
        return Route(Destination.PROBLEM_BIN, here)
    return Route(Destination.TRANSIT_HOME, home)
