"""Where an item goes that is handed in: always exactly one place.

In this order: to the patron it is bound to, to the first who waits and whom it can serve, to the
shelf here where it floats or belongs, else home; to the problem bin where nothing goes home from
here.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from sqlalchemy import bindparam, update

from catalogue.database import Transaction, send
from catalogue.holders import update_holders
from catalogue.schema import items
from circulation.booking.at_loan import may_serve_holds
from circulation.holds.changes import (
    HoldOutcome,
    bind,
    close,
    forget_item,
    pickup_deadline,
    release,
    shelve,
    take_off_shelf,
)
from circulation.holds.facts import (
    HoldFacts,
    copies_of_record,
    hold_facts,
    hold_of_item,
    holds_of_record,
    lock_hold_set,
    lock_queue,
)
from circulation.holds.targeting import holds_to_serve, is_due_service, target_of
from circulation.items.facts import ItemFacts
from circulation.items.transits import TransitReason, begin_transit, end_transit
from circulation.kernel.results import Branch, Desk, Destination, HeldFor
from circulation.kernel.set_up import SetUp

_move_home = send(
    update(items)
    .where(items.c.id == bindparam("item_id"))
    .values(branch_id=bindparam("new_branch_id")),
    "item_id",
    "new_branch_id",
)


class HoldHandling(Enum):
    """What a desk or machine does with the holds on an item that is handed in there."""

    #: The item is sent to where somebody waits for it, and bound to nobody.
    ROUTE = "route"
    #: It is bound to the hold, but the patron is told only when staff take it in hand.
    BIND = "bind"
    #: It is bound and, at the pickup branch, put on the hold shelf: the patron is told.
    SHELVE = "shelve"
    #: Such an item is not taken: staff are to see to it.
    REFUSE = "refuse"


class Route(NamedTuple):
    """Where the item goes, and to which hold."""

    destination: Destination
    to_branch: Branch
    held_for: HeldFor | None = None


def route(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    item: ItemFacts,
    here: Branch,
    handling: HoldHandling,
    now: datetime,
) -> Route:
    """Decides, and writes what follows: the capture, the place on the shelf, the transit.

    The item is locked, and a loan of it has just been ended.
    """
    found = _to_hold(transaction, set_up, desk, item, here, handling, now)
    if found is None:
        found = _to_shelf(transaction, set_up, item, here)
    if item.transit_to_id is not None:
        end_transit(transaction, item.id)
    if found.to_branch.id != here.id:
        reason = TransitReason.PICKUP
        if found.destination is Destination.TRANSIT_HOME:
            is_home = found.to_branch.id == item.home_branch_id
            reason = TransitReason.HOME if is_home else TransitReason.STAY
        begin_transit(transaction, item.id, here.id, found.to_branch.id, now, reason.value)
    return found


def is_waited_for(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    item: ItemFacts,
    here: Branch,
    now: datetime,
) -> bool:
    """Would the item go to somebody who waits, if it were handed in? Changes nothing."""
    if item.hold_id is not None:
        return True
    refuse = HoldHandling.REFUSE
    return _to_hold(transaction, set_up, desk, item, here, refuse, now) is not None


def _to_shelf(transaction: Transaction, set_up: SetUp, item: ItemFacts, here: Branch) -> Route:
    # For as long as a booking, a deposit or a theme wants it elsewhere, that is its home; and a
    # branch that has promised its copies does not lose them by floating.
    home = set_up.branches[item.stay_branch_id or item.home_branch_id]
    if here.id == home.id:
        return Route(Destination.SHELF_HERE, here)
    if not item.is_spoken_for and set_up.transport.floats_at(item.float_group, here.id):
        _move_home(transaction, item.id, here.id)
        update_holders(transaction, (item.record_id,))
        return Route(Destination.FLOAT_HERE, here)
    if set_up.transport.cost(here.id, home.id) is None:
        return Route(Destination.PROBLEM_BIN, here)
    return Route(Destination.TRANSIT_HOME, home)


def _to_hold(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    item: ItemFacts,
    here: Branch,
    handling: HoldHandling,
    now: datetime,
) -> Route | None:
    """The way to a patron; None where nobody waits whom the item can serve."""
    if not item.has_to_do_with_holds:
        return None
    lock_queue(transaction, item.record_id)
    if item.hold_id is not None:
        hold = _settled(transaction, desk, item, now)
        if hold is not None:
            return _to_patron(transaction, set_up, desk, hold, item, here, handling, now)
    if item.is_spoken_for and not may_serve_holds(transaction, set_up, item, now):
        return None
    target = target_of(item)
    queue = holds_of_record(transaction, item.record_id)
    copies = copies_of_record(transaction, item.record_id)
    for hold in holds_to_serve(target, here, queue, copies, set_up, now):
        if hold.set_id is not None:
            lock_hold_set(transaction, hold.set_id)
            again = hold_facts(transaction, hold.id)
            if again is None or not is_due_service(again, set_up, now):
                continue  # another of the set was served at another desk
        if handling in (HoldHandling.ROUTE, HoldHandling.REFUSE):
            return _announced(set_up, hold, here, is_bound=False)
        bind(transaction, desk, hold, item.id, now)
        return _to_patron(transaction, set_up, desk, hold, item, here, handling, now)
    return None


def _settled(
    transaction: Transaction, desk: Desk, item: ItemFacts, now: datetime
) -> HoldFacts | None:
    """The hold that the item is bound to still; what is over is cleared away.

    An item on the shelf beyond its deadline was not fetched: that ends the hold.
    """
    hold = hold_of_item(transaction, item.id)
    if hold is not None and hold.set_id is not None:
        lock_hold_set(transaction, hold.set_id)
        hold = hold_of_item(transaction, item.id)
    if hold is None:
        return None
    if hold.is_bound and (hold.deadline is None or now <= hold.deadline):
        return hold
    if hold.is_bound:
        release(transaction, desk, hold, now)
        close(transaction, desk, hold, HoldOutcome.NOT_COLLECTED, now)
    forget_item(transaction, hold)
    return None


def _to_patron(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    hold: HoldFacts,
    item: ItemFacts,
    here: Branch,
    handling: HoldHandling,
    now: datetime,
) -> Route:
    """Sends a bound item on, or shelves it where its patron will fetch it."""
    number, deadline, is_news = hold.number, hold.deadline, False
    is_on_its_shelf = hold.shelved is not None and hold.shelf_branch_id == hold.pickup_branch_id
    if hold.shelved is not None and not (is_on_its_shelf and here.id == hold.shelf_branch_id):
        take_off_shelf(transaction, hold)
        number, deadline, is_on_its_shelf = None, None, False
    if here.id == hold.pickup_branch_id and handling is HoldHandling.SHELVE and not is_on_its_shelf:
        number, deadline = shelve(
            transaction,
            desk,
            hold,
            item.id,
            pickup_deadline(hold, set_up, item.material_group, now),
            now,
        )
        is_news = True
    return _announced(
        set_up, hold, here, is_bound=True, number=number, deadline=deadline, is_news=is_news
    )


def _announced(
    set_up: SetUp,
    hold: HoldFacts,
    here: Branch,
    *,
    is_bound: bool,
    number: int | None = None,
    deadline: datetime | None = None,
    is_news: bool = False,
) -> Route:
    pickup = set_up.branches[hold.pickup_branch_id]
    held_for = HeldFor(
        hold.id,
        hold.patron_id,
        hold.patron_name,
        hold.patron_agency_id,
        pickup,
        is_bound,
        number,
        deadline,
        is_news,
    )
    if pickup.id == here.id:
        return Route(Destination.HOLD_SHELF_HERE, here, held_for)
    return Route(Destination.TRANSIT_TO_PICKUP, pickup, held_for)
