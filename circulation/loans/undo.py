"""Taking back what a device has just done: SIP2's cancel (BI).

A self-service machine lends an item, fails to write its RFID tag, and sends a check-in with
"cancel"; or the other way round. That is no return: the state before is restored, no hold catches
the item, nothing is charged, and the loan is not counted. Only the same device can do so, of its
own last act with the item, within `UNDO_WINDOW`; anything else is refused with NOTHING_TO_CANCEL
and changes nothing. A cancel that is repeated, because its answer was lost, gets the same answer.

What must be known of the state before stands in the event's `before`
(`circulation.loans.states.state_before`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, literal_column, update

from catalogue.database import Statement, Transaction, change, many, send
from catalogue.holders import update_holders
from catalogue.schema import items
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.items.missing import note_missing
from circulation.items.transits import begin_transit, end_transit
from circulation.kernel.act import Act
from circulation.kernel.events import Event, EventKind, NewEvent, append_event, select_events
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Borrower, Desk, Item, Loan, Refusal, Refused
from circulation.kernel.schema import events
from circulation.kernel.set_up import SetUp
from circulation.loans.conflicts import forget_conflicts
from circulation.loans.due_again import count_due_date_again
from circulation.loans.ending import uncharge_end
from circulation.loans.facts import OPEN_LOAN, OpenLoan
from circulation.loans.rows import must_touch_one
from circulation.loans.schema import loans
from circulation.loans.states import LoanAction, refusals_in, state_of

#: "Right after": a machine that fails knows it at once; this leaves room for a lost connection.
UNDO_WINDOW = timedelta(minutes=15)

#: The kinds of events after which an earlier one is not the last act with the item any more.
_ACTS = (
    EventKind.CHECKED_OUT,
    EventKind.CHECKED_IN,
    EventKind.ITEM_SEEN,
    EventKind.RENEWED,
    EventKind.RENEWAL_CANCELLED,
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


@many(Event)
def _last_acts(*, item_id: int) -> Statement:
    """Return the last acts with the item; more than two, for some may have become known late."""
    is_act = events.c.kind.in_(literal_column(f"'{kind.value}'") for kind in _ACTS)
    chosen = select_events(events.c.item_id == item_id, is_act)
    return chosen.order_by(events.c.id.desc()).limit(12)


@change
def _delete_loan(*, loan_id: int) -> Statement:
    return delete(loans).where(loans.c.id == loan_id, loans.c.checked_in.is_(None))


@change
def _reopen_loan(*, loan_id: int | None) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == loan_id, loans.c.checked_in.is_not(None))
        .values(checked_in=None, checked_in_branch_id=None)
    )


@send
def _put_home(*, item_id: int, branch_id: int) -> Statement:
    return update(items).where(items.c.id == item_id).values(branch_id=branch_id)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What the device did last with the item is undone.

    `loan` and `borrower` are those of the loan that goes on: always after `cancel_check_in`, after
    `cancel_check_out` only where the loan undone had ended another one.
    """

    item: Item
    loan: Loan | None
    borrower: Borrower | None


class UndoCase(NamedTuple):
    """An event of a loan that is undone; `item` is as it is now."""

    act: Act
    set_up: SetUp
    item: ItemFacts
    undone: Event


class UndoFeature:
    """What has followed from lending and returning, and is taken back."""

    def undo_loan(self, case: UndoCase) -> None:
        """The loan never was: its row is gone."""

    def undo_return(self, case: UndoCase) -> None:
        """The loan goes on."""


#: What locks patrons comes before what locks queues of holds.
UNDOING: Registry[UndoFeature] = Registry("loans.undo:UNDOING")


def cancel_check_out(act: Act, *, item: str) -> Cancelled | Refused:
    """Undoes the device's check-out of the item just now (SIP2 09 with BI=Y): it never was."""
    known = _known(act, item)
    if isinstance(known, Refused):
        return known
    facts, set_up, shown = known
    loan = OPEN_LOAN.of(facts)
    last, earlier = _acts_of(act.transaction, facts.id)
    if _is_own(last, EventKind.CHECK_OUT_CANCELLED, act):
        return _cancelled(shown, loan)
    refusals = refusals_in(state_of(facts, act.now), LoanAction.CANCEL_CHECK_OUT)
    is_own = _is_own(last, EventKind.CHECKED_OUT, act)
    if refusals or not is_own or loan is None or last.loan_id != loan.id:
        return Refused(tuple(refusals) or (Refusal(Reason.NOTHING_TO_CANCEL),), shown)

    ended = [
        UndoCase(act, set_up, facts, each)
        for each in earlier
        if each.after.get("ended_by_loan") == loan.id and each.loan_id is not None
    ]
    case = UndoCase(act, set_up, facts, last)
    must_touch_one(_delete_loan(act.transaction, loan_id=loan.id))
    forget_conflicts(act.transaction, loan_id=loan.id)
    for other in ended:
        uncharge_end(act, set_up, other.undone)
    for feature in UNDOING:
        feature.undo_loan(case)
    _restore(case)
    _note(EventKind.CHECK_OUT_CANCELLED, case)
    for other in ended:
        must_touch_one(_reopen_loan(act.transaction, loan_id=other.undone.loan_id))
        _note(EventKind.CHECK_IN_CANCELLED, other)
    again = count_due_date_again(act, set_up, item=item)
    return _cancelled(shown, OPEN_LOAN.of(again))


def _restore(case: UndoCase) -> None:
    """What the item was doing before it was lent."""
    transaction, item_id, before = case.act.transaction, case.item.id, case.undone.before
    if "in_transit_to" in before:
        begin_transit(
            transaction,
            item_id=item_id,
            from_branch_id=before["in_transit_from"],
            to_branch_id=before["in_transit_to"],
            since=datetime.fromisoformat(before["in_transit_since"]),
            reason=before["in_transit_for"],
        )
    if "missing_since" in before:
        note_missing(
            transaction, item_id=item_id, since=datetime.fromisoformat(before["missing_since"])
        )


def cancel_check_in(act: Act, *, item: str, patron_id: int | None = None) -> Cancelled | Refused:
    """Undoes the device's check-in of the item just now (SIP2 11 with BI=Y): the loan goes on.

    `patron_id` is whom the caller takes for the borrower; another's loan is left alone.
    """
    known = _known(act, item)
    if isinstance(known, Refused):
        return known
    facts, set_up, shown = known
    last, _ = _acts_of(act.transaction, facts.id)
    is_theirs = last is not None and patron_id in (None, last.patron_id)
    if is_theirs and _is_own(last, EventKind.CHECK_IN_CANCELLED, act):
        return _cancelled(shown, OPEN_LOAN.of(facts))
    refusals = refusals_in(state_of(facts, act.now), LoanAction.CANCEL_CHECK_IN)
    is_own = is_theirs and _is_own(last, EventKind.CHECKED_IN, act)
    if refusals or not is_own or last.loan_id is None:
        return Refused(tuple(refusals) or (Refusal(Reason.NOTHING_TO_CANCEL),), shown)

    case = UndoCase(act, set_up, facts, last)
    uncharge_end(act, set_up, last)
    must_touch_one(_reopen_loan(act.transaction, loan_id=last.loan_id))
    if facts.transit_to_id is not None:
        end_transit(act.transaction, item_id=facts.id)
    if "home" in last.before:
        _put_home(act.transaction, item_id=facts.id, branch_id=last.before["home"])
        update_holders(act.transaction, (facts.record_id,))
    for feature in UNDOING:
        feature.undo_return(case)
    _note(EventKind.CHECK_IN_CANCELLED, case)
    again = count_due_date_again(act, set_up, item=item)
    return _cancelled(again.item(set_up.branches[again.home_branch_id]), OPEN_LOAN.of(again))


def _known(act: Act, barcode: str) -> tuple[ItemFacts, SetUp, Item] | Refused:
    lock_item(act.transaction, barcode=barcode)
    facts = item_facts(act.transaction, barcode=barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = act.circulation.set_up(act.transaction, facts.set_up_version)
    return facts, set_up, facts.item(set_up.branches[facts.home_branch_id])


def _cancelled(item: Item, loan: OpenLoan | None) -> Cancelled:
    return Cancelled(item, loan and loan.loan(), loan and loan.borrower())


def _acts_of(transaction: Transaction, item_id: int) -> tuple[Any, list[Event]]:
    """Return the last act with the item, and others near it that were not undone.

    Off-line acts that became known after it, and happened before it, do not count as the last.
    """
    found = _last_acts(transaction, item_id=item_id)
    undone = {each.cause for each in found if each.cause is not None and "late" in each.after}
    found = [each for each in found if each.id not in undone]
    in_order = [each for each in found if "late" not in each.after]
    last = in_order[0] if in_order else None
    late = [each for each in found if "late" in each.after and each.kind in _ENDS]
    return last, [*in_order[1:2], *late]


#: The ends of loans that a check-out may have written.
_ENDS = (EventKind.CHECKED_IN,)


def _is_own(event: Event | None, kind: EventKind, act: Act) -> bool:
    """Is that what this device has done just now?"""
    if event is None or event.kind is not kind:
        return False
    desk = act.desk
    its_desk = Desk(event.actor, event.device, desk.agency_id, event.branch_id or 0)
    is_same = (its_desk.actor, its_desk.machine, its_desk.branch_id) == (
        desk.actor,
        desk.machine,
        desk.branch_id,
    )
    return is_same and act.now - (event.recorded or event.at) <= UNDO_WINDOW


def _note(kind: EventKind, case: UndoCase) -> None:
    undone = case.undone
    append_event(
        case.act,
        NewEvent(
            kind,
            item_id=case.item.id,
            patron_id=undone.patron_id,
            loan_id=undone.loan_id,
            hold_id=undone.hold_id,
            cause=undone.id,
            before=undone.after,
            after=undone.before,
        ),
    )
