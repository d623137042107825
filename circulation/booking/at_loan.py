"""What bookings and stays mean for lending, renewing and taking back an item.

All of this is asked only about an item that is spoken for, which is known from the facts that every
verb reads anyway (`circulation.booking.part`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, scalar, send
from circulation.booking.capacity import PoolCopy, PoolKey, Supply, last_free_day, pools_of
from circulation.booking.closing import close_if_all_back
from circulation.booking.facts import TitleFacts, booked_records, pool_copies, title_facts
from circulation.booking.part import SPOKEN_FOR, SpokenFor
from circulation.booking.schema import booking_loans
from circulation.booking.stays import forget_stay, seen
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.holds.copies import Copy
from circulation.holds.facts import lock_queue
from circulation.holds.keeping import KeepingFeature
from circulation.items.facts import ItemFacts
from circulation.kernel.loan_lengths import loan_due, renewal_due
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.kernel.set_up import SetUp
from circulation.loans.features import (
    LoanCase,
    LoanSight,
    Look,
    ReturnCase,
    ReturnFeature,
    Route,
    Written,
)
from circulation.loans.undo import UndoCase, UndoFeature


@send
def _insert_loan(
    *, loan_id: int, booking_id: int, branch_id: int, material_group: str
) -> Statement:
    return insert(booking_loans).values(locals())


@send
def _forget_loan(*, loan_id: int | None) -> Statement:
    return delete(booking_loans).where(booking_loans.c.loan_id == loan_id)


@scalar(int)
def _booking_of_loan(*, loan_id: int) -> Statement:
    return select(booking_loans.c.booking_id).where(booking_loans.c.loan_id == loan_id)


@dataclass(frozen=True, slots=True)
class LoanBound(LoanSight):
    """How long bookings and themes leave an item to a borrower.

    `own` is the borrower's booking that the loan is made for: it lasts through the booking's last
    day. `until` is the last day before copies are needed for others' bookings, `within` the last
    that the theme allows; None: no limit.
    """

    own: Supply | None = None
    until: date | None = None
    within: date | None = None
    reason: Reason | None = None  # it is kept for somebody or something else

    def refusals(self, case: LoanCase) -> list[Refusal]:
        """Why the item cannot be lent as long as the rules say, nor until an earlier day."""
        wished = loan_due(
            case.at, case.terms, case.set_up.calendars[case.branch.id], case.borrower.expires
        )
        reason = self._hindrance(case, wished)
        return [] if reason is None else [Refusal(reason)]

    def _hindrance(self, case: LoanCase, due: datetime | None) -> Reason | None:
        if self.reason is not None or self.own is not None or self.until is None:
            return self.reason
        item, now = case.item, case.act.now
        own_terms = case.set_up.terms(
            item.home_branch_id, case.borrower.category, item.material_group
        )
        ends = end_of_day(self.until, case.branch.timezone)
        is_too_long = due is not None and due > ends and own_terms.before_bookings == "refuse"
        return Reason.BOOKED if ends < now or is_too_long else None

    def bounded(self, case: LoanCase, due: datetime | None) -> datetime | None:
        """A bound that is past already leaves the due date alone: such a loan is made all the same,
        off line."""
        if self.own is not None:
            return end_of_day(self.own.last, case.branch.timezone)
        days = [day for day in (self.until, self.within) if day is not None]
        ends = end_of_day(min(days), case.branch.timezone) if days else None
        return due if due is None or ends is None or ends < case.act.now else min(due, ends)

    def follow(self, case: LoanCase, written: Written) -> None:
        own = self.own
        if own is None or written.is_over:
            return
        _insert_loan(
            case.act.transaction,
            loan_id=written.loan.id,
            booking_id=own.booking_id,
            branch_id=own.pool.branch_id,
            material_group=own.pool.material_group,
        )
        written.after["booking"] = own.booking_id


class RenewalBound(LoanBound):
    """The same for a loan that goes on. A renewal is never made for a booking: to have the copies
    longer, the booking is changed."""

    def refusals(self, case: LoanCase) -> list[Refusal]:
        """Why the loan cannot be renewed as long as the rules say, nor until an earlier day."""
        assert case.loan is not None
        due = case.loan.due
        wished = renewal_due(
            case.at, due, case.terms, case.set_up.calendars[case.branch.id], case.borrower.expires
        )
        reason = self._hindrance(case, wished)
        bounded = self.bounded(case, wished)
        if (
            reason is None
            and wished is not None
            and bounded is not None
            and bounded <= due < wished
        ):
            reason = Reason.RENEWAL_WINDOW_NOT_OPEN if self.until is None else Reason.BOOKED
        return [] if reason is None else [Refusal(reason)]


def loan_bound(case: LoanCase) -> LoanBound | None:
    """What is left for the borrower of an item that is locked and spoken for.

    Locks the queue of the title where it has bookings.
    """
    if case.loan is not None and not case.wish.no_block:
        return None
    return _bound(case, LoanBound)


def renewal_bound(case: LoanCase) -> LoanBound | None:
    """The same where the item is on loan to the borrower already."""
    return _bound(case, RenewalBound)


BOOKINGS_AT_LOAN = Look((SPOKEN_FOR,), loan_bound)
BOOKINGS_AT_RENEWAL = Look((SPOKEN_FOR,), renewal_bound)


def _bound(case: LoanCase, kind: type[LoanBound]) -> LoanBound | None:
    item, set_up, transaction = case.item, case.set_up, case.act.transaction
    found = SPOKEN_FOR.of(item)
    if found is None:
        return None
    today = local_date(case.act.now, set_up.branches[item.home_branch_id].timezone)
    if found.is_kept and found.booking_id is None:
        return kind(reason=Reason.ON_DISPLAY)
    within = today + timedelta(days=found.loan_days) if found.loan_days else None
    if not found.bookings:
        return kind(within=within)
    lock_queue(transaction, record_id=item.record_id)
    title = title_facts(transaction, item.record_id)
    if kind is LoanBound:
        own = _own(title, item, found, case.borrower.id, today)
        if own is not None:
            return LoanBound(own=own)
        if found.is_kept:
            return LoanBound(reason=Reason.BOOKED)
    return kind(until=_last_free_day(set_up, title, item, today), within=within)


def _pool_of(item: ItemFacts) -> PoolKey:
    return PoolKey(item.home_branch_id, item.material_group)


def _own(
    title: TitleFacts, item: ItemFacts, found: SpokenFor, patron_id: int, today: date
) -> Supply | None:
    """The patron's booking that the item can be lent for today, the one that begins first."""
    supplies = [
        supply
        for facts in title.supplies
        if (supply := facts.supply()).patron_id == patron_id
        and supply.pool == _pool_of(item)
        and supply.outstanding
        and today <= supply.last
        and (
            supply.booking_id == found.booking_id
            if found.is_kept
            else supply.reserved_from <= today
        )
    ]
    return min(supplies, key=lambda supply: (supply.first, supply.booking_id), default=None)


def _last_free_day(set_up: SetUp, title: TitleFacts, item: ItemFacts, today: date) -> date | None:
    copies = pool_copies(set_up, title.copies)
    if all(copy.id != item.id for copy in copies):  # it was missing, and here it is
        copies.append(PoolCopy(item.id, _pool_of(item)))
    supplies = [facts.supply() for facts in title.supplies]
    pools = pools_of(copies, supplies, today, without_item=item.id)
    return last_free_day(pools[_pool_of(item)], today)


class BookingsAtReturn(ReturnFeature):
    parts = (SPOKEN_FOR,)

    def settle(self, case: ReturnCase) -> None:
        """What the end of a loan means for its booking: the item is not kept for that any more,
        and belongs at home again."""
        case.floats = False  # a branch that has promised its copies does not lose them by floating
        transaction = case.act.transaction
        item, found = case.item, SPOKEN_FOR.of(case.item)
        booking_id = (
            None if case.loan is None else _booking_of_loan(transaction, loan_id=case.loan.id)
        )
        if booking_id is None:
            return
        lock_queue(transaction, record_id=item.record_id)
        if found is not None and found.booking_id == booking_id:
            forget_stay(transaction, item_id=item.id)
            case.item = SPOKEN_FOR.put(item, SpokenFor(found.bookings, None, None, None, None))
        close_if_all_back(case.act, booking_id)

    def follow(self, case: ReturnCase, route: Route) -> None:
        """Notes where the item is."""
        found = SPOKEN_FOR.of(case.item)
        if found is not None and found.branch_id is not None:
            transaction, now = case.act.transaction, case.act.now
            case.stay = seen(transaction, case.set_up, case.item, case.here, now)


class BookingsAtUndo(UndoFeature):
    def undo_loan(self, case: UndoCase) -> None:
        """The booking no longer counts it as lent."""
        if SPOKEN_FOR.of(case.item) is not None:
            _forget_loan(case.act.transaction, loan_id=case.undone.loan_id)


class BookingsBeforeHolds(KeepingFeature):
    parts = (SPOKEN_FOR,)

    def may_serve(
        self, transaction: Transaction, set_up: SetUp, item: ItemFacts, now: datetime
    ) -> bool:
        """Not where it is kept, or every copy is needed for bookings today."""
        found = SPOKEN_FOR.of(item)
        if found is None or found.is_kept:
            return found is None
        if not found.bookings:
            return True
        today = local_date(now, set_up.branches[item.home_branch_id].timezone)
        title = title_facts(transaction, item.record_id)
        until = _last_free_day(set_up, title, item, today)
        return until is None or until >= today

    def keeps_copies(self, item: ItemFacts) -> bool:
        found = SPOKEN_FOR.of(item)
        return found is not None and found.bookings > 0

    def records(self, transaction: Transaction) -> set[int]:
        return set(booked_records(transaction))

    def left(
        self,
        transaction: Transaction,
        set_up: SetUp,
        record_id: int,
        copies: list[Copy],
        now: datetime,
    ) -> list[Copy]:
        """Of the copies on shelves no more than are free today."""
        title = title_facts(transaction, record_id)
        if not title.supplies:
            return copies
        supplies = [facts.supply() for facts in title.supplies]
        pooled = pool_copies(set_up, title.copies)
        left = {}
        for key in {copy.pool for copy in pooled}:
            today = local_date(now, set_up.branches[key.branch_id].timezone)
            left[key] = pools_of(pooled, supplies, today)[key].free(today, today)
        pool_of = {copy.id: copy.pool for copy in pooled}
        served = []
        for copy in copies:
            pool = pool_of.get(copy.id)
            if copy.is_on_shelf and pool is not None:
                if left[pool] <= 0:
                    continue
                left[pool] -= 1
            served.append(copy)
        return served
