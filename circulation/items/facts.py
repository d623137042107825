"""The facts of items that a verb decides on, in one joined statement.

The locks are statements of their own and go before the facts: under READ COMMITTED a statement
that had to wait for a lock still sees what the joined rows held before. Items are locked before
patrons, and several items by rising id, so that two verbs cannot wait for each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
)

from catalogue.database import Moment, is_typed, key_parameters, lock, many, many_of, one
from catalogue.schema import items, records
from circulation.booking.schema import bookings, stays
from circulation.holds.schema import captures, holds
from circulation.interlending.schema import interlibrary_loans
from circulation.items.schema import missing_items, transits
from circulation.kernel.results import Borrower, Branch, Item, Loan
from circulation.kernel.schema import events
from circulation.kernel.set_up import VERSION
from circulation.loans.schema import loans
from circulation.patrons.facts import card_of
from circulation.patrons.schema import (
    patrons,
)

#: Longer than a verb waits for a lock, and than the clocks of several processes differ.
LONGEST_WAIT = timedelta(minutes=5)


class ItemFacts(NamedTuple):
    """An item, its title, its open loan with the borrower, its transit: one row."""

    id: int
    barcode: str
    record_id: int
    title: str
    author: str
    material_group: str
    department: str
    location: str
    sublocation: str
    call_number: str
    price: int | None
    currency: str | None
    home_branch_id: int
    set_up_version: int
    loan_id: int | None
    loan_checked_out: datetime | None
    loan_due: datetime | None
    loan_renewals: int | None
    loan_branch_id: int | None
    borrower_id: int | None
    borrower_card: str | None
    borrower_name: str | None
    transit_to_id: int | None
    transit_since: datetime | None
    transit_reason: str | None
    part: str
    float_group: str
    hold_id: int | None  # the item is bound to that hold, or lies on the shelf for it
    hold_patron_id: int | None
    hold_released: datetime | None
    open_holds: int  # on the title
    loan_mark: str | None  # a value of `LoanMark`
    loan_marked: datetime | None
    loan_suspended_until: datetime | None
    co_borrower_id: int | None
    missing_since: datetime | None
    transit_from_id: int | None
    section: str
    loan_recalled: datetime | None
    loan_billed: datetime | None
    bookings: int  # open ones, of the title
    stay_branch_id: int | None  # it is to be there for a while
    stay_seen_id: int | None  # and was last at that branch
    stay_booking_id: int | None
    stay_loan_days: int | None  # lends it for so many days; 0: to nobody but who has booked it
    interlibrary_id: int | None = None  # the open interlibrary loan it is in
    owner_due: datetime | None = None  # of what is borrowed: when the owner wants it back
    last_act: datetime | None = None  # when the last event of the item was written down
    borrowing_state: str | None = None  # of what is borrowed: a value of `BorrowingState`
    borrower_agency_id: int | None = None

    @property
    def is_spoken_for(self) -> bool:
        """Do a booking, a deposit or a theme have a word to say on what becomes of it?"""
        return self.bookings > 0 or self.stay_branch_id is not None

    @property
    def is_kept(self) -> bool:
        """Is it not lent to anybody but whom it is set aside for?"""
        return self.stay_loan_days == 0

    @property
    def has_to_do_with_holds(self) -> bool:
        """Is there anything that may only be decided under the lock of the title's queue?"""
        return self.open_holds > 0 or self.hold_id is not None

    def not_before_last_act(self, now: datetime) -> datetime:
        """`now`, or the moment of what happened to the item last, where that is a little later.

        A verb takes its time before it waits for the lock of the item, and the clocks of several
        processes differ. Whoever had the lock before may have written a later moment: two loans
        would overlap, or a loan end before it began. Where the difference is larger than any
        wait, a clock was wrong once, and what it wrote is not followed.
        """
        last = self.last_act
        return last if last is not None and now < last <= now + LONGEST_WAIT else now

    def item(self, home_branch: Branch) -> Item:
        return Item._make((*self[:12], home_branch, self.section))

    def loan(self) -> Loan | None:
        if self.loan_id is None:
            return None
        return Loan._make(self[14:18])

    def borrower(self) -> Borrower | None:
        if self.borrower_id is None or self.borrower_agency_id is None:
            return None
        return Borrower(
            self.borrower_id,
            self.borrower_card,
            self.borrower_name or "",
            self.borrower_agency_id,
        )


_BORROWER_CARD = card_of(loans.c.patron_id)


_OPEN_HOLDS = (
    select(func.count())
    .select_from(holds)
    .where(holds.c.record_id == items.c.record_id, holds.c.closed.is_(None))
    .correlate(items)
    .scalar_subquery()
)


_OPEN_BOOKINGS = (
    select(func.count())
    .select_from(bookings)
    .where(bookings.c.record_id == items.c.record_id, bookings.c.closed.is_(None))
    .correlate(items)
    .scalar_subquery()
)


_IS_BORROWED = interlibrary_loans.c.role == literal_column("'borrower'")
_OWNER_DUE = case((_IS_BORROWED, interlibrary_loans.c.due))
_BORROWING_STATE = case((_IS_BORROWED, interlibrary_loans.c.state))


_LAST_ACT = (
    select(func.coalesce(events.c.recorded, events.c.at, type_=Moment))
    .where(events.c.item_id == items.c.id)
    .order_by(events.c.id.desc())
    .limit(1)
    .correlate(items)
    .scalar_subquery()
)


def _select_items(*, with_counts: bool = True) -> Select[Any]:
    """Without counts, those of open holds and bookings are 0, and the last act is unknown: they
    cost as much as all the rest."""
    return select(
        items.c.id,
        items.c.barcode,
        items.c.record_id,
        records.c.title,
        records.c.author,
        items.c.material_group,
        items.c.department,
        items.c.location,
        items.c.sublocation,
        items.c.call_number,
        items.c.price,
        items.c.currency,
        items.c.branch_id,
        VERSION,
        loans.c.id,
        loans.c.checked_out,
        loans.c.due,
        loans.c.renewals,
        loans.c.branch_id,
        loans.c.patron_id,
        _BORROWER_CARD,
        patrons.c.name,
        transits.c.to_branch_id,
        transits.c.since,
        transits.c.reason,
        items.c.part,
        items.c.float_group,
        captures.c.hold_id,
        captures.c.patron_id,
        captures.c.released,
        _OPEN_HOLDS if with_counts else literal_column("0"),
        loans.c.mark,
        loans.c.marked,
        loans.c.suspended_until,
        loans.c.co_patron_id,
        missing_items.c.since,
        transits.c.from_branch_id,
        items.c.section,
        loans.c.recalled,
        loans.c.billed,
        _OPEN_BOOKINGS if with_counts else literal_column("0"),
        stays.c.branch_id,
        stays.c.seen_branch_id,
        stays.c.booking_id,
        stays.c.loan_days,
        interlibrary_loans.c.id,
        _OWNER_DUE,
        _LAST_ACT if with_counts else null(),
        _BORROWING_STATE,
        patrons.c.agency_id,
    ).select_from(
        items.join(records, records.c.id == items.c.record_id)
        .outerjoin(loans, (loans.c.item_id == items.c.id) & loans.c.checked_in.is_(None))
        .outerjoin(patrons, patrons.c.id == loans.c.patron_id)
        .outerjoin(transits, transits.c.item_id == items.c.id)
        .outerjoin(captures, captures.c.item_id == items.c.id)
        .outerjoin(missing_items, missing_items.c.item_id == items.c.id)
        .outerjoin(stays, stays.c.item_id == items.c.id)
        .outerjoin(
            interlibrary_loans,
            (interlibrary_loans.c.item_id == items.c.id) & interlibrary_loans.c.closed.is_(None),
        )
    )


item_facts = one(_select_items().where(is_typed(items.c.barcode, "barcode")), ItemFacts, "barcode")
item_facts_by_id = many_of(
    lambda size: _select_items().where(items.c.id.in_(key_parameters(size))), ItemFacts
)


def _of_patron(items_of: Select[Any]) -> Select[Any]:
    return (
        items_of.where(loans.c.patron_id == bindparam("patron_id"))
        .order_by(loans.c.due, loans.c.id)
        .limit(bindparam("at_most"))
        .offset(bindparam("skipped"))
    )


#: More than any patron has on loan.
ALL = 2**31 - 1

#: The items on loan to a patron by due date, `at_most` of them after the first `skipped`.
items_on_loan = many(_of_patron(_select_items()), ItemFacts, "patron_id", "at_most", "skipped")
#: The same, for lists: nobody counts who waits for them.
items_listed = many(
    _of_patron(_select_items(with_counts=False)), ItemFacts, "patron_id", "at_most", "skipped"
)
#: The same, of the loans due before `now` that are neither claimed returned nor lost.
items_overdue = many(
    _of_patron(_select_items()).where(
        loans.c.due < bindparam("now", type_=Moment), loans.c.mark.is_(None)
    ),
    ItemFacts,
    "patron_id",
    "now",
    "at_most",
    "skipped",
)


#: What others have lent onward to a patron, by due date.
items_lent_onward_to = many(
    _select_items()
    .where(loans.c.co_patron_id == bindparam("patron_id"))
    .order_by(loans.c.due, loans.c.id),
    ItemFacts,
    "patron_id",
)

lock_item = lock(
    select(items.c.id).where(is_typed(items.c.barcode, "barcode")).with_for_update(key_share=True),
    "barcode",
)
lock_items_on_loan_to = lock(
    select(items.c.id)
    .where(
        items.c.id.in_(
            select(loans.c.item_id).where(
                loans.c.patron_id == bindparam("patron_id"), loans.c.checked_in.is_(None)
            )
        )
    )
    .order_by(items.c.id)
    .with_for_update(key_share=True),
    "patron_id",
)
