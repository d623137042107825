"""Items that are not where they should be, and loans that stand still.

A patron says that an item was returned, or that it is lost; the staff cannot find what should be
on the shelf; a loan is suspended ("sat i bero") until a day. The loan stays open through all of
this: somebody answers for the item until it is handed in. `circulation.loans.states` says what
each of these does in which state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import update

from catalogue.database import Statement, change
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.items.missing import forget_missing, note_missing
from circulation.items.transits import end_transit
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Borrower, ChargedFee, Item, Loan, LoanMark, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.due_again import count_due_date_again
from circulation.loans.facts import OPEN_LOAN, OpenLoan, lock_open_loan
from circulation.loans.rows import must_touch_one
from circulation.loans.schema import loans
from circulation.loans.states import LoanAction, LoanState, refusals_in, state_of


@change
def mark_loan(
    *,
    loan_id: int,
    mark: str | None,
    marked: datetime | None,
    suspended_until: datetime | None,
    due: datetime,
) -> Statement:
    given = locals()
    is_open = loans.c.checked_in.is_(None)
    return update(loans).where(loans.c.id == given.pop("loan_id"), is_open).values(given)


class LossCase(NamedTuple):
    """An item that was lost or was found; `loan` is the open one, as it was before."""

    act: Act
    set_up: SetUp
    item: ItemFacts
    loan: OpenLoan | None


class LossFeature(Protocol):
    """What follows where something is lost or found."""

    def follow(self, case: LossCase, *, is_lost: bool) -> Sequence[ChargedFee]:
        """Writes it; gives what the borrower is charged."""
        ...


LOSING: Registry[LossFeature] = Registry("loans.lost:LOSING")

_LOSS = (LoanAction.DECLARE_LOST, LoanAction.FIND)
_DUE_AGAIN = (LoanAction.WITHDRAW_CLAIM, LoanAction.FIND, LoanAction.RESUME)
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


class MarkingVerb(Protocol):
    """What is said of the item with this barcode."""

    def __call__(self, act: Act, /, *, item: str) -> Marked | Refused: ...


def claim_returned(act: Act, *, item: str) -> Marked | Refused:
    """The borrower says that the item was returned: it is overdue no more, nor can it be renewed.

    A later check-in proves them right: the loan then ended when the claim was made.
    """
    return _do(act, LoanAction.CLAIM_RETURNED, item)


def withdraw_claim(act: Act, *, item: str) -> Marked | Refused:
    """The borrower has the item after all: the loan goes on as it was."""
    return _do(act, LoanAction.WITHDRAW_CLAIM, item)


def declare_lost(act: Act, *, item: str) -> Marked | Refused:
    """The borrower has lost the item, and owes what the rules say; not on loan, it is missing."""
    return _do(act, LoanAction.DECLARE_LOST, item)


def find(act: Act, *, item: str) -> Marked | Refused:
    """What was lost has turned up: with the borrower, or in the house. No compensation is owed.

    An item that lies before the staff is checked in instead, which finds it and says where it goes.
    """
    return _do(act, LoanAction.FIND, item)


def suspend(act: Act, *, item: str, until: date) -> Marked | Refused:
    """Stops the clock of a loan through the day `until`: as many days are added to its due date.

    Raises ValueError for a day that has passed. A suspended loan can be suspended longer or
    shorter: the days are counted from today, and those of before are given back.
    """
    return _do(act, LoanAction.SUSPEND, item, until)


def resume(act: Act, *, item: str) -> Marked | Refused:
    """Lets the clock of a suspended loan run again; the days left are taken off its due date."""
    return _do(act, LoanAction.RESUME, item)


def _do(act: Act, action: LoanAction, barcode: str, until: date | None = None) -> Marked | Refused:
    transaction, circulation, desk, now = act
    lock_item(transaction, barcode=barcode)
    lock_open_loan(transaction, barcode=barcode)
    facts = item_facts(transaction, barcode=barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    item = facts.item(set_up.branches[facts.home_branch_id])
    if desk.branch_id not in set_up.branches:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), item)
    state = state_of(facts, now)
    if refusals := refusals_in(state, action):
        return Refused(tuple(refusals), item)
    case = LossCase(act, set_up, facts, OPEN_LOAN.of(facts))
    if case.loan is None:
        following, new = _without_loan(case, state, action), None
        has_changed = following is not state
    else:
        clock = _Clock(case.loan, now, set_up.branches[case.loan.branch_id].timezone)
        following, marking = _on_loan(state, action, clock, until)
        has_changed = marking != clock.now_holding
        new = case.loan.loan()
        if has_changed:
            must_touch_one(mark_loan(transaction, loan_id=new.id, **marking._asdict()))
            new = new._replace(due=marking.due)
    charged: list[ChargedFee] = []
    if has_changed:
        for feature in LOSING if action in _LOSS else ():
            charged += feature.follow(case, is_lost=action is LoanAction.DECLARE_LOST)
        _write(case, action, state, following, new)
        if action in _DUE_AGAIN:
            again = OPEN_LOAN.of(count_due_date_again(act, set_up, item=barcode))
            new = again and again.loan()
    borrower = None if case.loan is None else case.loan.borrower()
    return Marked(item, following, new, borrower, has_changed, tuple(charged))


def _without_loan(case: LossCase, state: LoanState, action: LoanAction) -> LoanState:
    """Only losing and finding do anything with an item that nobody has on loan."""
    transaction, item = case.act.transaction, case.item
    if action is LoanAction.DECLARE_LOST and state is not LoanState.MISSING:
        if item.transit_to_id is not None:
            end_transit(transaction, item_id=item.id)
        note_missing(transaction, item_id=item.id, since=case.act.now)
        return LoanState.MISSING
    if action is LoanAction.FIND and state is LoanState.MISSING:
        forget_missing(transaction, item_id=item.id)
        return LoanState.ON_SHELF
    return state


class _Marking(NamedTuple):
    """What `mark_loan` writes."""

    mark: str | None
    marked: datetime | None
    suspended_until: datetime | None
    due: datetime


class _Clock:
    """The due date of a loan, with and without the days for which it is suspended still."""

    def __init__(self, loan: OpenLoan, now: datetime, timezone: str) -> None:
        self.now, self.timezone, self.due = now, timezone, loan.due
        until = loan.suspended_until
        self.suspended_until = until if until is not None and until > now else None
        self.now_holding = _Marking(loan.mark, loan.marked, self.suspended_until, loan.due)

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
        return LoanState.SUSPENDED, _Marking(None, None, end, due)
    if action is LoanAction.RESUME:
        return LoanState.ON_LOAN, _Marking(None, None, None, clock.running())
    if action is LoanAction.CLAIM_RETURNED and state is not LoanState.CLAIMED_RETURNED:
        mark = LoanMark.CLAIMED_RETURNED.value
        return LoanState.CLAIMED_RETURNED, _Marking(mark, clock.now, None, clock.running())
    if action is LoanAction.DECLARE_LOST and state is not LoanState.LOST:
        return LoanState.LOST, _Marking(LoanMark.LOST.value, clock.now, None, clock.running())
    undone = {
        LoanAction.WITHDRAW_CLAIM: LoanState.CLAIMED_RETURNED,
        LoanAction.FIND: LoanState.LOST,
    }
    if undone.get(action) is state:
        return LoanState.ON_LOAN, _Marking(None, None, None, clock.due)
    return state, clock.now_holding


def _write(
    case: LossCase, action: LoanAction, before: LoanState, after: LoanState, new: Loan | None
) -> None:
    item, loan = case.item, case.loan
    was: dict[str, Any] = {"state": before.name}
    becomes: dict[str, Any] = {"state": after.name}
    if loan is not None and new is not None and new.due != loan.due:
        was["due"], becomes["due"] = loan.due.isoformat(), new.due.isoformat()
    if item.transit_to_id is not None:
        was["in_transit_to"] = item.transit_to_id
    append_event(
        case.act,
        NewEvent(
            _EVENTS[action],
            item_id=item.id,
            patron_id=None if loan is None else loan.patron_id,
            loan_id=None if loan is None else loan.id,
            before=was,
            after=becomes,
        ),
    )
