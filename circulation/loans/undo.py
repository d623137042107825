"""Taking back what a device has just done: SIP2's cancel (BI).

A self-service machine lends an item, fails to write its RFID tag, and sends a check-in with
"cancel"; or the other way round. That is no return: the state before is restored, no hold catches
the item, nothing is charged, and the loan is not counted. Only the same device can do so, of its
own last act with the item, within `UNDO_WINDOW`; anything else is refused with NOTHING_TO_CANCEL
and changes nothing. A cancel that is repeated, because its answer was lost, gets the same answer.

What must be known of the state before stands in the event's `before` (see `state_before`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, literal_column, update

from catalogue.database import Transaction, change, many, send
from catalogue.holders import update_holders
from catalogue.schema import items
from circulation.booking.at_loan import forget_booking_loan
from circulation.fees.acts import undo_loan, undo_return
from circulation.holds.fulfilment import HoldsAtLoan
from circulation.holds.restoring import capture_image, release_item, restore_capture, restore_holds
from circulation.interlending import following
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.items.transits import begin_transit, end_transit
from circulation.kernel.engine import Circulation
from circulation.kernel.events import Event, EventKind, read_event, select_events, write_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Borrower, Desk, Item, Loan, Refusal, Refused
from circulation.kernel.schema import events
from circulation.kernel.set_up import SetUp
from circulation.loans.conflicts import forget_conflicts
from circulation.loans.lost import note_missing
from circulation.loans.rows import must_touch_one
from circulation.loans.schema import loans

#: "Right after": a machine that fails knows it at once; this leaves room for a lost connection.
UNDO_WINDOW = timedelta(minutes=15)

#: The kinds of events after which an earlier one is not the last act with the item any more.
_ACTS = (
    EventKind.CHECKED_OUT,
    EventKind.CHECKED_IN,
    EventKind.ITEM_SEEN,
    EventKind.RENEWED,
    EventKind.CHECK_OUT_CANCELLED,
    EventKind.CHECK_IN_CANCELLED,
    EventKind.CLAIMED_RETURNED,
    EventKind.CLAIM_WITHDRAWN,
    EventKind.DECLARED_LOST,
    EventKind.FOUND,
    EventKind.LOAN_SUSPENDED,
    EventKind.LOAN_RESUMED,
    EventKind.LENT_ONWARD,
    EventKind.ONWARD_LOAN_ENDED,
)
_last_acts = many(
    select_events(
        events.c.item_id == bindparam("item_id"),
        events.c.kind.in_(literal_column(f"'{kind.value}'") for kind in _ACTS),
    )
    .order_by(events.c.id.desc())
    .limit(2),
    read_event,
    "item_id",
)
_delete_loan = change(
    delete(loans).where(loans.c.id == bindparam("loan_id"), loans.c.checked_in.is_(None)), "loan_id"
)
_reopen_loan = change(
    update(loans)
    .where(loans.c.id == bindparam("loan_id"), loans.c.checked_in.is_not(None))
    .values(checked_in=None, checked_in_branch_id=None),
    "loan_id",
)
_put_home = send(
    update(items)
    .where(items.c.id == bindparam("of_item"))
    .values(branch_id=bindparam("new_branch_id")),
    "of_item",
    "new_branch_id",
)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What the device did last with the item is undone.

    `loan` and `borrower` are those of the loan that goes on: always after `cancel_check_in`, after
    `cancel_check_out` only where the loan undone had ended another one.
    """

    item: Item
    loan: Loan | None
    borrower: Borrower | None


def state_before(item: ItemFacts, held: HoldsAtLoan | None = None) -> dict[str, Any] | None:
    """What an event of a check-out must keep of the item's state, for it to be undone."""
    before: dict[str, Any] = {}
    if item.transit_to_id is not None:
        before["in_transit_to"] = item.transit_to_id
        before["in_transit_from"] = item.transit_from_id
        before["in_transit_for"] = item.transit_reason
        before["in_transit_since"] = item.transit_since.isoformat() if item.transit_since else None
    if item.missing_since is not None:
        before["missing_since"] = item.missing_since.isoformat()
    if held is not None and held.bound is not None:
        before["capture"] = capture_image(held.bound)
    return before or None


def cancel_check_out(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    now: datetime,
) -> Cancelled | Refused:
    """Undoes the device's check-out of the item just now (SIP2 09 with BI=Y): it never was."""
    lock_item(transaction, item)
    facts = item_facts(transaction, item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    last, *earlier = _acts_of(transaction, facts.id)
    if _is_own(last, EventKind.CHECK_OUT_CANCELLED, desk, now):
        return Cancelled(known, facts.loan(), facts.borrower())
    if not _is_own(last, EventKind.CHECKED_OUT, desk, now) or last.loan_id != facts.loan_id:
        return Refused((Refusal(Reason.NOTHING_TO_CANCEL),), known)

    assert facts.loan_id is not None
    _uncharge(transaction, set_up, desk, last, now, undo_loan)
    for ended in earlier:
        if ended.after.get("ended_by_loan") == facts.loan_id:
            _uncharge(transaction, set_up, desk, ended, now, undo_return)
    must_touch_one(_delete_loan(transaction, facts.loan_id))
    forget_conflicts(transaction, facts.loan_id)
    if facts.is_spoken_for:
        forget_booking_loan(transaction, facts.loan_id)
    before, at = last.before, last.recorded or last.at
    if "in_transit_to" in before:
        begin_transit(
            transaction,
            facts.id,
            before["in_transit_from"],
            before["in_transit_to"],
            datetime.fromisoformat(before["in_transit_since"]),
            before["in_transit_for"],
        )
    if "missing_since" in before:
        note_missing(transaction, facts.id, datetime.fromisoformat(before["missing_since"]))
    if last.hold_id is not None or "capture" in before:
        restore_holds(transaction, desk, facts.record_id, last.hold_id, at, now)
        if "capture" in before:
            restore_capture(transaction, desk, facts.id, before["capture"], now)
    if facts.interlibrary_id is not None:
        following.undo_check_out(transaction, desk, facts, now)
    _note(transaction, EventKind.CHECK_OUT_CANCELLED, desk, facts, last, now)
    for ended in earlier:
        if ended.after.get("ended_by_loan") == facts.loan_id and ended.loan_id is not None:
            must_touch_one(_reopen_loan(transaction, ended.loan_id))
            _note(transaction, EventKind.CHECK_IN_CANCELLED, desk, facts, ended, now)
    again = item_facts(transaction, item)
    assert again is not None
    return Cancelled(known, again.loan(), again.borrower())


def cancel_check_in(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    now: datetime,
    patron_id: int | None = None,
) -> Cancelled | Refused:
    """Undoes the device's check-in of the item just now (SIP2 11 with BI=Y): the loan goes on.

    `patron_id` is whom the caller takes for the borrower; another's loan is left alone.
    """
    lock_item(transaction, item)
    facts = item_facts(transaction, item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    last, *_ = _acts_of(transaction, facts.id)
    is_theirs = last is not None and patron_id in (None, last.patron_id)
    if is_theirs and _is_own(last, EventKind.CHECK_IN_CANCELLED, desk, now):
        return Cancelled(known, facts.loan(), facts.borrower())
    is_open = facts.loan_id is not None or last is None or last.loan_id is None
    if is_open or not is_theirs or not _is_own(last, EventKind.CHECKED_IN, desk, now):
        return Refused((Refusal(Reason.NOTHING_TO_CANCEL),), known)

    _uncharge(transaction, set_up, desk, last, now, undo_return)
    must_touch_one(_reopen_loan(transaction, last.loan_id))
    if facts.transit_to_id is not None:
        end_transit(transaction, facts.id)
    if facts.hold_id is not None:
        release_item(transaction, desk, facts.record_id, facts.id, now)
    if "home" in last.before:
        _put_home(transaction, facts.id, last.before["home"])
        update_holders(transaction, (facts.record_id,))
    following.undo_check_in(transaction, desk, facts, last.loan_id, now)
    _note(transaction, EventKind.CHECK_IN_CANCELLED, desk, facts, last, now)
    again = item_facts(transaction, item)
    assert again is not None
    return Cancelled(
        again.item(set_up.branches[again.home_branch_id]), again.loan(), again.borrower()
    )


def _acts_of(transaction: Transaction, item_id: int) -> list[Any]:
    """The last acts with the item, the newest first; at least one entry, None where none is."""
    found: list[Any] = _last_acts(transaction, item_id)
    return found or [None]


def _uncharge(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    undone: Event,
    now: datetime,
    undo: Callable[..., None],
) -> None:
    """Takes back what the act that is undone has charged; locks its patron."""
    undo(
        transaction,
        set_up,
        desk,
        patron_id=undone.patron_id,
        loan_id=undone.loan_id,
        recorded=undone.recorded or undone.at,
        now=now,
    )


def _is_own(event: Event | None, kind: EventKind, desk: Desk, now: datetime) -> bool:
    """Is that what this device has done just now?"""
    if event is None or event.kind is not kind:
        return False
    its_desk = Desk(event.actor, event.device, desk.agency_id, event.branch_id or 0)
    is_same = (its_desk.actor, its_desk.machine, its_desk.branch_id) == (
        desk.actor,
        desk.machine,
        desk.branch_id,
    )
    return is_same and now - (event.recorded or event.at) <= UNDO_WINDOW


def _note(
    transaction: Transaction,
    kind: EventKind,
    desk: Desk,
    item: ItemFacts,
    undone: Event,
    now: datetime,
) -> None:
    write_event(
        transaction,
        kind,
        desk,
        now,
        item_id=item.id,
        patron_id=undone.patron_id,
        loan_id=undone.loan_id,
        hold_id=undone.hold_id,
        cause=undone.id,
        before=undone.after,
        after=undone.before,
    )
