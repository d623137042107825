"""Copies that are to be fetched for a hold, and what lending one of them to another patron means.

A copy is wanted if the pick list would have it fetched for another patron and no other free copy at
that branch serves the hold in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.holds.copies import Copy, copies_of_record
from circulation.holds.facts import (
    HoldFacts,
    hold_facts,
    holds_of_record,
    holds_of_set,
    lock_hold_set,
)
from circulation.holds.keeping import KEEPING
from circulation.holds.lists import estimated_days
from circulation.holds.pick_list import fetched_for, share_out
from circulation.holds.queues import order_key
from circulation.holds.targeting import is_due_service
from circulation.items.facts import ItemFacts
from circulation.items.features import branch_of
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import Loan
from circulation.kernel.set_up import SetUp
from circulation.loans.features import LoanCase

#: A patron whose wait becomes longer by this number of days is notified.
NOTIFIED_DELAY_DAYS: Final = 7


class WantedCopy(NamedTuple):
    """The item of a loan, the holds it was to be fetched for, and the title's queue and copies.

    `queue` is without the borrower's hold that the loan fulfils.
    """

    holds: tuple[HoldFacts, ...] = ()
    queue: tuple[HoldFacts, ...] = ()
    copies: tuple[Copy, ...] = ()


def wanted_copy(
    case: LoanCase, queue: Sequence[HoldFacts], own: HoldFacts | None
) -> WantedCopy | None:
    """Return whose holds lose the item if it is lent, under the lock of the queue; None for none.

    A hold behind that of the borrower in the queue loses nothing.

    Args:
        case: The loan; of a loan that has happened already, only holds placed before it count.
        queue: The open holds of the title.
        own: The hold of the borrower that the loan fulfils.
    """
    item, set_up, now = case.item, case.set_up, case.act.now
    if all(hold.patron_id == case.borrower.id for hold in queue):
        return None
    copies = _copies_with(case)
    left = [copy for copy in copies if copy.id != item.id]
    rest = [hold for hold in queue if own is None or hold.id != own.id]
    served = {each.hold.id: each.copy for each in share_out(rest, left, set_up, now)}
    here = {branch_of(item), case.branch.id}
    losing = [
        each.hold
        for each in share_out(queue, copies, set_up, now)
        if each.hold.patron_id != case.borrower.id
        and each.hold.placed <= case.at
        and (own is None or order_key(each.hold) < order_key(own))
        and not _is_as_good(served.get(each.hold.id), each.copy, here)
    ]
    losing = [hold for hold in losing if not _has_another_title(case, hold, here)]
    return WantedCopy(tuple(losing), tuple(rest), tuple(copies)) if losing else None


def _is_as_good(served_by: Copy | None, before: Copy, here: set[int]) -> bool:
    return served_by is not None and (served_by.id == before.id or served_by.branch_id in here)


def _copies_with(case: LoanCase) -> list[Copy]:
    """Return the copies left for holds, with the item of the loan as one that is free."""
    item, transaction = case.item, case.act.transaction
    in_hand = _free_copy(item)
    copies = copies_of_record(transaction, record_id=item.record_id)
    known = next((copy for copy in copies if copy.id == item.id), None)
    if known is not None:
        in_hand = in_hand._replace(
            stay_loan_days=known.stay_loan_days,
            is_foreign=known.is_foreign,
            came_for=known.came_for,
        )
    others = (copy for copy in copies if copy.id != item.id)
    copies = sorted((in_hand, *others), key=lambda copy: copy.id)
    for feature in KEEPING.of(item):
        if feature.keeps_copies(item):
            copies = feature.left(transaction, case.set_up, item.record_id, copies, case.act.now)
    return copies


def _free_copy(item: ItemFacts) -> Copy:
    place = (item.location, item.sublocation, item.call_number)
    free = (None, None, None, None, None, None)
    return Copy(
        item.id, item.barcode, branch_of(item), item.material_group, item.part, *place, *free
    )


def _has_another_title(case: LoanCase, hold: HoldFacts, here: set[int]) -> bool:
    """Return whether a free copy of another title of a parallel set serves the patron here."""
    if hold.set_id is None or hold.set_kind != "parallel":
        return False
    transaction, set_up, now = case.act.transaction, case.set_up, case.act.now
    lock_hold_set(transaction, set_id=hold.set_id)
    again = hold_facts(transaction, hold_id=hold.id)
    if again is None or not is_due_service(again, set_up, now):
        return True  # served at another desk meanwhile
    kept = [(feature, feature.records(transaction)) for feature in KEEPING]
    for other in holds_of_set(transaction, set_id=hold.set_id):
        keeping = [feature for feature, titles in kept if other.record_id in titles]
        if other.record_id != hold.record_id and any(
            each.hold.id == other.id and each.copy.branch_id in here
            for each in fetched_for(transaction, set_up, other.record_id, now, keeping)
        ):
            return True
    return False


def note_delays(case: LoanCase, wanted: WantedCopy, loan: Loan) -> None:
    """Write an event for each hold whose wait becomes much longer by the loan."""
    item_id, now, set_up = case.item.id, case.act.now, case.set_up
    lent = [
        copy._replace(borrower_id=case.borrower.id, due=loan.due) if copy.id == item_id else copy
        for copy in wanted.copies
    ]
    for hold in wanted.holds:
        before = estimated_days(set_up, hold, wanted.queue, wanted.copies, now)
        after = estimated_days(set_up, hold, wanted.queue, lent, now)
        if before is None or (after is not None and after - before < NOTIFIED_DELAY_DAYS):
            continue
        _note_delay(case.act, set_up, hold, item_id, before, after)


def _note_delay(
    act: Act, set_up: SetUp, hold: HoldFacts, item_id: int, before: int, after: int | None
) -> None:
    today = _today(set_up, hold, act.now)
    day = None if after is None else (today + timedelta(days=after)).isoformat()
    append_event(
        act,
        NewEvent(
            EventKind.HOLD_DELAYED,
            item_id=item_id,
            patron_id=hold.patron_id,
            hold_id=hold.id,
            before={"expected": (today + timedelta(days=before)).isoformat()},
            after={"expected": day},
        ),
        set_up,
    )


def is_delayed(
    transaction: Transaction, set_up: SetUp, hold_id: int, was: date, now: datetime
) -> bool:
    """Return whether the hold is still expected much later than on the day `was`."""
    hold = hold_facts(transaction, hold_id=hold_id)
    if hold is None:
        return False
    queue = holds_of_record(transaction, record_id=hold.record_id)
    copies = copies_of_record(transaction, record_id=hold.record_id)
    days = estimated_days(set_up, hold, queue, copies, now)
    if days is None:
        return True
    expected = _today(set_up, hold, now) + timedelta(days=days)
    return expected - was >= timedelta(days=NOTIFIED_DELAY_DAYS)


def _today(set_up: SetUp, hold: HoldFacts, now: datetime) -> date:
    return local_date(now, set_up.branches[hold.pickup_branch_id].timezone)
