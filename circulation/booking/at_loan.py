"""What bookings and stays mean for lending, renewing and taking back an item.

Nothing here is asked about an item that is not spoken for (`ItemFacts.is_spoken_for`), which is
known from the facts that every verb reads anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, scalar, send
from circulation.booking.capacity import PoolCopy, PoolKey, Supply, last_free_day, pools_of
from circulation.booking.closing import close_if_all_back
from circulation.booking.facts import TitleFacts, pool_copies, title_facts
from circulation.booking.schema import booking_loans
from circulation.booking.stays import forget_stay
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.holds.facts import Copy, lock_queue
from circulation.items.facts import ItemFacts
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk
from circulation.kernel.set_up import SetUp

_insert_loan = send(
    insert(booking_loans).values(
        loan_id=bindparam("new_loan_id"),
        booking_id=bindparam("new_booking_id"),
        branch_id=bindparam("new_branch_id"),
        material_group=bindparam("new_material_group"),
    ),
    "new_loan_id",
    "new_booking_id",
    "new_branch_id",
    "new_material_group",
)
#: After a check-out was cancelled: the booking has lent nothing with it.
forget_booking_loan = send(
    delete(booking_loans).where(booking_loans.c.loan_id == bindparam("loan_id")), "loan_id"
)
_booking_of_loan = scalar(
    select(booking_loans.c.booking_id).where(booking_loans.c.loan_id == bindparam("loan_id")),
    "loan_id",
)


@dataclass(frozen=True, slots=True)
class LoanBound:
    """How long bookings and themes leave an item to a borrower.

    `own` is the borrower's booking that the loan is made for: it lasts through the booking's last
    day. `until` is the last day before copies are needed for others' bookings, `within` the last
    that the theme allows; None: no limit.
    """

    own: Supply | None = None
    until: date | None = None
    within: date | None = None
    reason: Reason | None = None  # it is kept for somebody or something else

    def refusal(
        self, due: datetime | None, terms: LoanTerms, timezone: str, now: datetime
    ) -> Reason | None:
        """Why the item cannot be lent until `due`, nor until an earlier day."""
        if self.reason is not None or self.own is not None or self.until is None:
            return self.reason
        ends = end_of_day(self.until, timezone)
        is_too_long = due is not None and due > ends and terms.before_bookings == "refuse"
        return Reason.BOOKED if ends < now or is_too_long else None

    def renewal_refusal(
        self,
        due: datetime,
        wished: datetime | None,
        terms: LoanTerms,
        timezone: str,
        now: datetime,
    ) -> Reason | None:
        """Why the loan due at `due` cannot be renewed until `wished`, nor until an earlier day."""
        if reason := self.refusal(wished, terms, timezone, now):
            return reason
        bounded = self.bounded(wished, timezone, now)
        if wished is None or bounded is None or wished <= due or bounded > due:
            return None
        return Reason.RENEWAL_WINDOW_NOT_OPEN if self.until is None else Reason.BOOKED

    def bounded(self, due: datetime | None, timezone: str, now: datetime) -> datetime | None:
        """When the loan is due, that would be due at `due` otherwise.

        A bound that is past already leaves it alone: such a loan is made all the same, off line.
        """
        if self.own is not None:
            return end_of_day(self.own.last, timezone)
        days = [day for day in (self.until, self.within) if day is not None]
        ends = end_of_day(min(days), timezone) if days else None
        return due if due is None or ends is None or ends < now else min(due, ends)


#: Of an item that is not spoken for.
NO_BOUND = LoanBound()


def loan_bound(
    transaction: Transaction,
    set_up: SetUp,
    item: ItemFacts,
    patron_id: int,
    now: datetime,
    *,
    is_renewal: bool = False,
) -> LoanBound:
    """What is left for the patron of an item that is locked and spoken for.

    Locks the queue of the title where it has bookings. A renewal is never made for a booking: to
    have the copies longer, the booking is changed.
    """
    today = local_date(now, set_up.branches[item.home_branch_id].timezone)
    if item.is_kept and item.stay_booking_id is None:
        return LoanBound(reason=Reason.ON_DISPLAY)
    days = item.stay_loan_days
    within = today + timedelta(days=days) if days else None
    if not item.bookings:
        return LoanBound(within=within)
    lock_queue(transaction, item.record_id)
    title = title_facts(transaction, item.record_id)
    if not is_renewal:
        own = _own(title, item, patron_id, today)
        if own is not None:
            return LoanBound(own=own)
        if item.is_kept:
            return LoanBound(reason=Reason.BOOKED)
    return LoanBound(until=_last_free_day(set_up, title, item, today), within=within)


def _pool_of(item: ItemFacts) -> PoolKey:
    return PoolKey(item.home_branch_id, item.material_group)


def _own(title: TitleFacts, item: ItemFacts, patron_id: int, today: date) -> Supply | None:
    """The patron's booking that the item can be lent for today, the one that begins first."""
    found = [
        supply
        for facts in title.supplies
        if (supply := facts.supply()).patron_id == patron_id
        and supply.pool == _pool_of(item)
        and supply.outstanding
        and today <= supply.last
        and (
            supply.booking_id == item.stay_booking_id
            if item.is_kept
            else supply.reserved_from <= today
        )
    ]
    return min(found, key=lambda supply: (supply.first, supply.booking_id), default=None)


def _last_free_day(set_up: SetUp, title: TitleFacts, item: ItemFacts, today: date) -> date | None:
    copies = pool_copies(set_up, title.copies)
    if all(copy.id != item.id for copy in copies):  # it was missing, and here it is
        copies.append(PoolCopy(item.id, _pool_of(item)))
    supplies = [facts.supply() for facts in title.supplies]
    pools = pools_of(copies, supplies, today, without_item=item.id)
    return last_free_day(pools[_pool_of(item)], today)


def note_booking_loan(transaction: Transaction, loan_id: int, own: Supply) -> None:
    """The loan was made for the booking."""
    _insert_loan(transaction, loan_id, own.booking_id, own.pool.branch_id, own.pool.material_group)


def settle_return(
    transaction: Transaction, desk: Desk, item: ItemFacts, now: datetime
) -> ItemFacts:
    """The loan of an item that is spoken for has just ended: what that means for its booking.

    Gives the facts as they are then: the item is not kept for that booking any more.
    """
    booking_id = None if item.loan_id is None else _booking_of_loan(transaction, item.loan_id)
    if booking_id is None:
        return item
    lock_queue(transaction, item.record_id)
    if item.stay_booking_id == booking_id:
        forget_stay(transaction, item.id)
        item = item._replace(
            stay_branch_id=None, stay_seen_id=None, stay_booking_id=None, stay_loan_days=None
        )
    close_if_all_back(transaction, desk, booking_id, now)
    return item


def may_serve_holds(
    transaction: Transaction, set_up: SetUp, item: ItemFacts, now: datetime
) -> bool:
    """May the item, which is spoken for, go to somebody who waits for the title?

    Not where it is kept, or every copy is needed for bookings today. The queue is locked.
    """
    if item.is_kept:
        return False
    if not item.bookings:
        return True
    today = local_date(now, set_up.branches[item.home_branch_id].timezone)
    title = title_facts(transaction, item.record_id)
    until = _last_free_day(set_up, title, item, today)
    return until is None or until >= today


def without_booked(
    transaction: Transaction, set_up: SetUp, record_id: int, copies: list[Copy], now: datetime
) -> list[Copy]:
    """The copies that holds may be served with: of those on shelves, no more than are free today.

    Costs two statements, so ask only where a title has bookings.
    """
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
