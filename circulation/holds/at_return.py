"""Where an item that is handed in goes for the sake of holds.

To the patron it is bound to, else to the first who waits and whom it can serve.
"""

from __future__ import annotations

from circulation.holds.changes import (
    CLOSED_BRANCH,
    HoldOutcome,
    bind,
    close,
    forget_item,
    pickup_deadline,
    release,
    shelve,
    take_off_shelf,
    write_changes,
)
from circulation.holds.closed_branches import redirect, reopens
from circulation.holds.copies import copies_of_record
from circulation.holds.facts import (
    HoldFacts,
    hold_of_item,
    holds_of_record,
    lock_own_set,
    lock_queue,
)
from circulation.holds.keeping import KEEPING
from circulation.holds.part import WAITED_FOR
from circulation.holds.targeting import holds_to_serve, is_due_service, target_of
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Destination, HeldFor, Refusal
from circulation.loans.features import HoldHandling, ReturnCase, ReturnFeature, Route


class HoldsAtReturn(ReturnFeature):
    parts = (WAITED_FOR,)

    def hindrances(self, case: ReturnCase) -> list[Refusal]:
        """Where such an item is not taken: would it go to somebody who waits?"""
        if case.handling is not HoldHandling.REFUSE:
            return []
        waited_for = WAITED_FOR.of(case.item)
        is_bound = waited_for is not None and waited_for.hold_id is not None
        is_wanted = is_bound or _to_hold(case) is not None
        return [Refusal(Reason.ON_HOLD_FOR_ANOTHER)] if is_wanted else []

    def claim(self, case: ReturnCase) -> Route | None:
        return _to_hold(case)


def _to_hold(case: ReturnCase) -> Route | None:
    """The way to a patron; None where nobody waits whom the item can serve."""
    transaction, now = case.act.transaction, case.act.now
    item, here, set_up = case.item, case.here, case.set_up
    lock_queue(transaction, record_id=item.record_id)
    waited_for = WAITED_FOR.of(item)
    if waited_for is not None and waited_for.hold_id is not None:
        hold = _settled(case)
        if hold is not None:
            stays = _is_on_its_shelf(hold, here)
            return _to_patron(case, hold if stays else _to_open_branch(case, hold))
    if not all(each.may_serve(transaction, set_up, item, now) for each in KEEPING.of(item)):
        return None
    target = target_of(item)
    known = {hold.id: hold for hold in holds_of_record(transaction, record_id=item.record_id)}
    queue = [redirect(hold, [target], set_up, now) for hold in known.values()]
    copies = copies_of_record(transaction, record_id=item.record_id)
    for hold in holds_to_serve(target, here, queue, copies, set_up, now):
        again = lock_own_set(transaction, hold)
        if again is None or not is_due_service(again, set_up, now):
            continue  # another of the set was served at another desk
        if case.handling in (HoldHandling.ROUTE, HoldHandling.REFUSE):
            return _announced(case, hold._replace(number=None, deadline=None), is_bound=False)
        bind(case.act, hold, item.id)
        _change_pickup(case, known[hold.id], hold)
        # The item that was on the shelf before has left the stock.
        new = hold._replace(shelf_branch_id=None, number=None, deadline=None)
        return _to_patron(case, new)
    return None


def _is_on_its_shelf(hold: HoldFacts, here: Branch) -> bool:
    """Return whether the item of the hold is on the shelf here, and is to be fetched here."""
    return here.id == hold.shelf_branch_id == hold.pickup_branch_id


def _to_open_branch(case: ReturnCase, hold: HoldFacts) -> HoldFacts:
    """Change the pickup branch of a bound hold to the alternative, where its branch is closed."""
    redirected = redirect(hold, [target_of(case.item)], case.set_up, case.act.now)
    _change_pickup(case, hold, redirected)
    return redirected


def _change_pickup(case: ReturnCase, hold: HoldFacts, redirected: HoldFacts) -> None:
    """Store the pickup branch of the redirected hold, and note both for undoing the check-in."""
    write_changes(case.act, hold, redirected, **{CLOSED_BRANCH: hold.pickup_branch_id})
    if redirected.pickup_branch_id != hold.pickup_branch_id:
        case.before["pickup_branch"] = hold.pickup_branch_id
        case.after["pickup_branch"] = redirected.pickup_branch_id


def _settled(case: ReturnCase) -> HoldFacts | None:
    """The hold that the item is bound to still; what is over is cleared away.

    An item on the shelf beyond its deadline was not fetched: that ends the hold.
    """
    transaction, now = case.act.transaction, case.act.now
    hold = lock_own_set(transaction, hold_of_item(transaction, item_id=case.item.id))
    if hold is None:
        return None
    if hold.is_bound and (hold.deadline is None or now <= hold.deadline):
        return hold
    if hold.is_bound:
        release(case.act, hold)
        close(case.act, hold, HoldOutcome.NOT_COLLECTED)
    forget_item(transaction, hold)
    return None


def _to_patron(case: ReturnCase, hold: HoldFacts) -> Route:
    """Sends a bound item on, or shelves it where its patron will fetch it."""
    transaction, now = case.act.transaction, case.act.now
    item, here, set_up = case.item, case.here, case.set_up
    if _is_on_its_shelf(hold, here):
        return _announced(case, hold)
    if hold.shelf_branch_id is not None:
        take_off_shelf(transaction, hold)
        hold = hold._replace(number=None, deadline=None)
    is_news = case.handling is HoldHandling.SHELVE and here.id == hold.pickup_branch_id
    if is_news:
        until = pickup_deadline(hold, set_up, item.material_group, now)
        # Whoever looked after the branch when it came back tells the patron.
        at = case.at if case.is_told else None
        number, deadline = shelve(case.act, hold, item.id, until, at)
        hold = hold._replace(number=number, deadline=deadline)
    return _announced(case, hold, is_news=is_news)


def _announced(
    case: ReturnCase, hold: HoldFacts, *, is_bound: bool = True, is_news: bool = False
) -> Route:
    pickup, here = case.set_up.branches[hold.pickup_branch_id], case.here
    whose = hold.id, hold.patron_id, hold.patron_name, hold.patron_agency_id
    waits_until = None
    if pickup.id != here.id:
        waits_until = reopens(case.set_up, pickup.id, case.act.now)
    held_for = HeldFor(*whose, pickup, is_bound, hold.number, hold.deadline, is_news, waits_until)
    if pickup.id == here.id:
        return Route(Destination.HOLD_SHELF_HERE, here, held_for)
    return Route(Destination.TRANSIT_TO_PICKUP, pickup, held_for)
