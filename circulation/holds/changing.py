"""Changing, pausing and cancelling holds."""

from __future__ import annotations

from datetime import date

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.holds.changes import (
    HoldOutcome,
    close,
    pickup_deadline,
    release,
    set_deadline,
    write_changes,
)
from circulation.holds.eligibility import date_refusals, pickup_branch_of
from circulation.holds.facts import HoldFacts, hold_facts, known_hold, lock_own_set, lock_queue
from circulation.holds.lists import queued
from circulation.holds.results import HoldChanged
from circulation.holds.wishes import HoldChange
from circulation.items.facts import item_facts_by_id
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.patrons.facts import PatronFacts, patron_alone
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin


def change_hold(act: Act, change: HoldChange) -> HoldChanged | Refused:
    """Changes the hold, which keeps its place in the queue.

    The pickup branch may be changed at any moment: an item on its way, or on a shelf, is sent on
    to the new branch when it is next in somebody's hand.
    """
    transaction, now = act.transaction, act.now
    _, _, pickup_branch, activates, interest_until, pin = change
    found = _own_hold(act, change.patron, change.hold_id, pin)
    if isinstance(found, Refused):
        return found
    borrower, set_up, hold = found
    pickup: Branch | None = set_up.branches[hold.pickup_branch_id]
    if pickup_branch is not None:
        pickup = pickup_branch_of(set_up, borrower, pickup_branch)
    if pickup is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), patron=borrower.patron())
    new = hold._replace(
        pickup_branch_id=pickup.id,
        activates=hold.activates if activates is None else activates,
        interest_until=interest_until or hold.interest_until,
    )
    if activates is not None or interest_until is not None:
        today = local_date(now, pickup.timezone)
        if wrong := date_refusals(new.activates, new.interest_until, today):
            return Refused(tuple(wrong), patron=borrower.patron())
    write_changes(act, hold, new)
    if hold.is_bound and hold.shelved is not None and new.pickup_branch_id != hold.pickup_branch_id:
        # What is to be sent on is not given up for having stood too long on the wrong shelf.
        deadline = None
        if new.pickup_branch_id == hold.shelf_branch_id:
            assert hold.captured_item_id is not None
            (item,) = item_facts_by_id(transaction, item_ids=[hold.captured_item_id])
            deadline = pickup_deadline(new, set_up, item.material_group, now)
        set_deadline(transaction, hold_id=hold.id, deadline=deadline)
    return _changed(act, set_up, borrower, hold.id)


def pause_hold(
    act: Act,
    *,
    patron: str,
    hold_id: int,
    first: date | None,
    last: date | None = None,
    pin: str | None = None,
) -> HoldChanged | Refused:
    """Passes the hold over from the day `first` to `last`; `last` None is until further notice.

    It keeps its place. `first` None ends a pause. An item that is bound to it already stays so.
    """
    found = _own_hold(act, patron, hold_id, pin)
    if isinstance(found, Refused):
        return found
    borrower, set_up, hold = found
    if first is not None and last is not None and last < first:
        return Refused((Refusal(Reason.HOLD_DATES_WRONG),), patron=borrower.patron())
    new = hold._replace(paused_from=first, paused_until=last if first is not None else None)
    write_changes(act, hold, new)
    return _changed(act, set_up, borrower, hold.id)


def cancel_hold(
    act: Act, *, patron: str, hold_id: int, pin: str | None = None, unobtainable: bool = False
) -> HoldChanged | Refused:
    """Ends the hold. An item that is bound to it goes to the next patron when it is next in hand.

    `unobtainable`: the library gives up, because it cannot get what is wanted.
    """
    found = _own_hold(act, patron, hold_id, pin)
    if isinstance(found, Refused):
        return found
    borrower, set_up, hold = found
    release(act, hold)
    outcome = HoldOutcome.UNOBTAINABLE if unobtainable else HoldOutcome.CANCELLED
    close(act, hold, outcome)
    return _changed(act, set_up, borrower, hold.id)


def _own_hold(
    act: Act, patron: str, hold_id: int, pin: str | None
) -> tuple[PatronFacts, SetUp, HoldFacts] | Refused:
    """The patron's open hold under its locks, or why it may not be touched."""
    transaction, circulation, _, now = act
    borrower = patron_alone(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if wrong := check_pin(act, borrower, pin):
        return Refused((wrong,))
    hold = locked_hold(transaction, hold_id)
    if hold is None or hold.closed is not None or hold.patron_id != borrower.id:
        return Refused((Refusal(Reason.HOLD_UNKNOWN),), patron=borrower.patron())
    return borrower, circulation.set_up(transaction, borrower.set_up_version), hold


def locked_hold(transaction: Transaction, hold_id: int) -> HoldFacts | None:
    """The hold under its locks, open or closed."""
    hold = hold_facts(transaction, hold_id=hold_id)
    locked = None
    while (
        hold is not None and hold.record_id != locked
    ):  # its record may have been merged meanwhile
        locked = hold.record_id
        lock_queue(transaction, record_id=locked)
        lock_own_set(transaction, hold)
        hold = hold_facts(transaction, hold_id=hold_id)
    return hold


def _changed(act: Act, set_up: SetUp, borrower: PatronFacts, hold_id: int) -> HoldChanged:
    transaction, now = act.transaction, act.now
    hold = known_hold(transaction, hold_id)
    return HoldChanged(borrower.patron(), queued(transaction, set_up, hold, now))
