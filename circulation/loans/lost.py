"""Items that are not where they should be, and loans that stand still.

A patron says that an item was returned, or that it is lost; the staff cannot find what should be
on the shelf; a loan is suspended ("sat i bero") until a day. The loan stays open through all of
this: somebody answers for the item until it is handed in. `circulation.loans.states` says what
each of these does in which state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, insert, update

from catalogue.database import Transaction, change, send
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.fees.compensation import (
    cancel_compensation,
    charge_compensation,
    set_billed,
)
from circulation.interlending.following import follow_loss
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.items.schema import missing_items
from circulation.items.transits import end_transit
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    Borrower,
    ChargedFee,
    Desk,
    Item,
    Loan,
    LoanMark,
    Refusal,
    Refused,
)
from circulation.loans.rows import must_touch_one
from circulation.loans.schema import loans
from circulation.loans.states import LoanAction, LoanState, refusal_of, state_of

_MARKED = ("mark", "marked", "suspended_until", "due")
#: Parameters: the loan, then its new mark, since when, suspension and due date.
mark_loan = change(
    update(loans)
    .where(loans.c.id == bindparam("loan_id"), loans.c.checked_in.is_(None))
    .values(
        {loans.c[name]: bindparam(f"new_{name}", type_=loans.c[name].type) for name in _MARKED}
    ),
    "loan_id",
    *(f"new_{name}" for name in _MARKED),
)
#: Parameters: the item, and since when it is missing.
note_missing = send(
    insert(missing_items).values(item_id=bindparam("new_item_id"), since=bindparam("new_since")),
    "new_item_id",
    "new_since",
)
#: The item has turned up.
forget_missing = send(
    delete(missing_items).where(missing_items.c.item_id == bindparam("item_id")), "item_id"
)

_LOSS = (LoanAction.DECLARE_LOST, LoanAction.FIND)
_EVENTS = {
    LoanAction.CLAIM_RETURNED: EventKind.CLAIMED_RETURNED,
    LoanAction.WITHDRAW_CLAIM: EventKind.CLAIM_WITHDRAWN,
    LoanAction.DECLARE_LOST: EventKind.DECLARED_LOST,
    LoanAction.FIND: EventKind.FOUND,
    LoanAction.SUSPEND: EventKind.LOAN_SUSPENDED,
    LoanAction.RESUME: EventKind.LOAN_RESUMED,
}


@dataclass(frozen=True, slots=True)
class Marked:
    """The item is in `state` now; `loan` and `borrower` where it is on loan.

    `has_changed` is False where it was so before: nothing was written then.
    """

    item: Item
    state: LoanState
    loan: Loan | None
    borrower: Borrower | None
    has_changed: bool
    charged: tuple[ChargedFee, ...] = ()  # compensation, and perhaps a late fee, for what is lost


def claim_returned(
    circulation: Circulation, transaction: Transaction, *, desk: Desk, item: str, now: datetime
) -> Marked | Refused:
    """The borrower says that the item was returned: it is overdue no more, nor can it be renewed.

    A later check-in proves them right: the loan then ended when the claim was made.
    """
    return _act(circulation, transaction, LoanAction.CLAIM_RETURNED, desk, item, now)


def withdraw_claim(
    circulation: Circulation, transaction: Transaction, *, desk: Desk, item: str, now: datetime
) -> Marked | Refused:
    """The borrower has the item after all: the loan goes on as it was."""
    return _act(circulation, transaction, LoanAction.WITHDRAW_CLAIM, desk, item, now)


def declare_lost(
    circulation: Circulation, transaction: Transaction, *, desk: Desk, item: str, now: datetime
) -> Marked | Refused:
    """The borrower has lost the item, and owes what the rules say; not on loan, it is missing."""
    return _act(circulation, transaction, LoanAction.DECLARE_LOST, desk, item, now)


def find(
    circulation: Circulation, transaction: Transaction, *, desk: Desk, item: str, now: datetime
) -> Marked | Refused:
    """What was lost has turned up: with the borrower, or in the house. No compensation is owed.

    An item that lies before the staff is checked in instead, which finds it and says where it goes.
    """
    return _act(circulation, transaction, LoanAction.FIND, desk, item, now)


def suspend(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    until: date,
    now: datetime,
) -> Marked | Refused:
    """Stops the clock of a loan through the day `until`: as many days are added to its due date.

    Raises ValueError for a day that has passed. A suspended loan can be suspended longer or
    shorter: the days are counted from today, and those of before are given back.
    """
    return _act(circulation, transaction, LoanAction.SUSPEND, desk, item, now, until)


def resume(
    circulation: Circulation, transaction: Transaction, *, desk: Desk, item: str, now: datetime
) -> Marked | Refused:
    """Lets the clock of a suspended loan run again; the days left are taken off its due date."""
    return _act(circulation, transaction, LoanAction.RESUME, desk, item, now)


def _act(
    circulation: Circulation,
    transaction: Transaction,
    action: LoanAction,
    desk: Desk,
    barcode: str,
    now: datetime,
    until: date | None = None,
) -> Marked | Refused:
    lock_item(transaction, barcode)
    facts = item_facts(transaction, barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    item, loan = facts.item(set_up.branches[facts.home_branch_id]), facts.loan()
    if desk.branch_id not in set_up.branches:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), item)
    state = state_of(facts, now)
    reason = refusal_of(state, action)
    if reason is not None:
        return Refused((Refusal(reason),), item)
    charged: tuple[ChargedFee, ...] = ()
    if loan is None:
        following = _without_loan(transaction, state, action, facts, now)
        has_changed = following is not state
    else:
        branch = set_up.branches[facts.loan_branch_id or desk.branch_id]
        clock = _Clock(facts, now, branch.timezone)
        following, new = _on_loan(state, action, clock, until)
        has_changed = new != clock.now_holding
        if has_changed:
            must_touch_one(mark_loan(transaction, loan.id, *new))
            loan = loan._replace(due=new[3])
            if action is LoanAction.DECLARE_LOST:
                charged = charge_compensation(circulation, transaction, set_up, desk, facts, now)
            elif action is LoanAction.FIND and facts.loan_billed is not None:
                cancel_compensation(transaction, set_up, desk, facts, now, "the item was found")
                set_billed(transaction, loan.id, None)
    if has_changed:
        _write(transaction, action, desk, facts, state, following, loan, now)
        if facts.interlibrary_id is not None and action in _LOSS:
            follow_loss(transaction, desk, facts, action is LoanAction.DECLARE_LOST, now)
    return Marked(item, following, loan, facts.borrower(), has_changed, charged)


def _without_loan(
    transaction: Transaction, state: LoanState, action: LoanAction, item: ItemFacts, now: datetime
) -> LoanState:
    """Only losing and finding do anything with an item that nobody has on loan."""
    if action is LoanAction.DECLARE_LOST and state is not LoanState.MISSING:
        if item.transit_to_id is not None:
            end_transit(transaction, item.id)
        note_missing(transaction, item.id, now)
        return LoanState.MISSING
    if action is LoanAction.FIND and state is LoanState.MISSING:
        forget_missing(transaction, item.id)
        return LoanState.ON_SHELF
    return state


#: Mark, since when, suspended until, due: what `mark_loan` writes.
_Marking = tuple[str | None, datetime | None, datetime | None, datetime]


class _Clock:
    """The due date of a loan, with and without the days for which it is suspended still."""

    def __init__(self, facts: ItemFacts, now: datetime, timezone: str) -> None:
        assert facts.loan_due is not None
        self.now, self.timezone, self.due = now, timezone, facts.loan_due
        until = facts.loan_suspended_until
        self.suspended_until = until if until is not None and until > now else None
        self.now_holding: _Marking = (
            facts.loan_mark,
            facts.loan_marked,
            facts.loan_suspended_until,
            facts.loan_due,
        )

    def running(self) -> datetime:
        """When the loan is due if the clock runs again from now on."""
        if self.suspended_until is None:
            return self.due
        return self._moved(self.due, -self._days(self.suspended_until))

    def suspended(self, until: date) -> tuple[datetime, datetime]:
        """The end of the suspension, and when the loan is due then."""
        end = end_of_day(until, self.timezone)
        if end <= self.now:
            raise ValueError(f"a loan cannot be suspended until {until}: that day has passed")
        return end, self._moved(self.running(), self._days(end))

    def _days(self, until: datetime) -> int:
        return (local_date(until, self.timezone) - local_date(self.now, self.timezone)).days

    def _moved(self, due: datetime, days: int) -> datetime:
        # Of the wall clock: arithmetic within a zone keeps the hour over a change of time.
        return (due.astimezone(ZoneInfo(self.timezone)) + timedelta(days)).astimezone(UTC)


def _on_loan(
    state: LoanState, action: LoanAction, clock: _Clock, until: date | None
) -> tuple[LoanState, _Marking]:
    """The state that follows, and what is written of the loan for it."""
    if action is LoanAction.SUSPEND:
        assert until is not None
        end, due = clock.suspended(until)
        return LoanState.SUSPENDED, (None, None, end, due)
    if action is LoanAction.RESUME:
        return LoanState.ON_LOAN, (None, None, None, clock.running())
    if action is LoanAction.CLAIM_RETURNED and state is not LoanState.CLAIMED_RETURNED:
        mark = LoanMark.CLAIMED_RETURNED.value
        return LoanState.CLAIMED_RETURNED, (mark, clock.now, None, clock.running())
    if action is LoanAction.DECLARE_LOST and state is not LoanState.LOST:
        return LoanState.LOST, (LoanMark.LOST.value, clock.now, None, clock.running())
    undone = {
        LoanAction.WITHDRAW_CLAIM: LoanState.CLAIMED_RETURNED,
        LoanAction.FIND: LoanState.LOST,
    }
    if undone.get(action) is state:
        return LoanState.ON_LOAN, (None, None, None, clock.due)
    return state, clock.now_holding


def _write(
    transaction: Transaction,
    action: LoanAction,
    desk: Desk,
    item: ItemFacts,
    before: LoanState,
    after: LoanState,
    loan: Loan | None,
    now: datetime,
) -> None:
    was: dict[str, Any] = {"state": before.name}
    becomes: dict[str, Any] = {"state": after.name}
    if loan is not None and loan.due != item.loan_due and item.loan_due is not None:
        was["due"], becomes["due"] = item.loan_due.isoformat(), loan.due.isoformat()
    if item.transit_to_id is not None:
        was["in_transit_to"] = item.transit_to_id
    write_event(
        transaction,
        _EVENTS[action],
        desk,
        now,
        item_id=item.id,
        patron_id=item.borrower_id,
        loan_id=item.loan_id,
        before=was,
        after=becomes,
    )
