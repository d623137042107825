"""What staff have to see to: overdue loans, lost and claimed items, late transits, conflicts.

Each is one call that gives a page and, where there is more, the `after` for the next: a place in
the list and not a number of lines, so that what happens between two pages neither repeats nor
hides a line. The lists of holds (to fetch, shelf to clear) are in `circulation.holds.work_lists`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, null, select

from catalogue.database import Moment, Transaction
from catalogue.schema import items, records
from circulation.items.schema import missing_items, transits
from circulation.kernel.paging import PAGE, Page, PagedList, Place
from circulation.kernel.reasons import Reason
from circulation.kernel.results import LoanMark
from circulation.loans.schema import loan_conflicts, loans
from circulation.patrons.schema import patrons


class OverdueLoan(NamedTuple):
    """A loan beyond its due date, of an item that is neither lost nor claimed returned."""

    loan_id: int
    due: datetime
    checked_out: datetime
    renewals: int
    item_id: int
    barcode: str
    title: str
    branch_id: int  # where it was lent
    patron_id: int
    patron_name: str
    co_patron_id: int | None  # the pupil who has it


class MissingItem(NamedTuple):
    """An item that somebody answers for but cannot show, or that nobody can find.

    `mark` None: it is not on loan, and missing.
    """

    item_id: int
    since: datetime
    barcode: str
    title: str
    branch_id: int  # where it was lent, or where it belongs
    mark: LoanMark | None
    loan_id: int | None
    patron_id: int | None
    patron_name: str | None


class LateTransit(NamedTuple):
    """An item that should have arrived."""

    item_id: int
    since: datetime
    barcode: str
    title: str
    from_branch_id: int
    to_branch_id: int
    reason: str  # a value of `TransitReason`


class Conflict(NamedTuple):
    """A loan accepted off line that the rules would have refused; or what could not be booked.

    Of the latter `act` says what was reported (a value of `circulation.loans.off_line.Act`), with
    the barcode and patron's identifier that the machine sent, and when it happened. Then there is
    no loan, and an item or patron only where they are known.
    """

    id: int
    noted: datetime
    loan_id: int | None
    item_id: int | None
    barcode: str
    title: str | None
    branch_id: int
    patron_id: int | None
    patron_name: str | None
    reasons: tuple[Reason, ...]
    act: str | None = None
    patron_identifier: str | None = None
    happened: datetime | None = None
    due: datetime | None = None


_overdue = PagedList(
    select(
        loans.c.id,
        loans.c.due,
        loans.c.checked_out,
        loans.c.renewals,
        items.c.id,
        items.c.barcode,
        records.c.title,
        loans.c.branch_id,
        loans.c.patron_id,
        patrons.c.name,
        loans.c.co_patron_id,
    )
    .select_from(
        loans.join(items, items.c.id == loans.c.item_id)
        .join(records, records.c.id == items.c.record_id)
        .join(patrons, patrons.c.id == loans.c.patron_id)
    )
    .where(
        loans.c.checked_in.is_(None),
        loans.c.mark.is_(None),
        loans.c.due < bindparam("now", type_=Moment),
    ),
    moment=loans.c.due,
    key=loans.c.id,
    branch=loans.c.branch_id,
    row=OverdueLoan,
    parameters=("now",),
)


def _marked_line(*row: Any) -> MissingItem:
    line = MissingItem(*row)
    return line._replace(mark=LoanMark(line.mark))


def _marked_as(*conditions: ColumnElement[bool]) -> PagedList[MissingItem]:
    return PagedList(
        select(
            items.c.id,
            loans.c.marked,
            items.c.barcode,
            records.c.title,
            loans.c.branch_id,
            loans.c.mark,
            loans.c.id,
            loans.c.patron_id,
            patrons.c.name,
        )
        .select_from(
            loans.join(items, items.c.id == loans.c.item_id)
            .join(records, records.c.id == items.c.record_id)
            .join(patrons, patrons.c.id == loans.c.patron_id)
        )
        .where(loans.c.mark.is_not(None), loans.c.checked_in.is_(None), *conditions),
        moment=loans.c.marked,
        key=items.c.id,
        branch=loans.c.branch_id,
        row=_marked_line,
    )


_marked: dict[LoanMark | None, PagedList[MissingItem]] = {None: _marked_as()} | {
    mark: _marked_as(loans.c.mark == mark.value) for mark in LoanMark
}
_missing = PagedList(
    select(
        items.c.id,
        missing_items.c.since,
        items.c.barcode,
        records.c.title,
        items.c.branch_id,
        null(),
        null(),
        null(),
        null(),
    ).select_from(
        missing_items.join(items, items.c.id == missing_items.c.item_id).join(
            records, records.c.id == items.c.record_id
        )
    ),
    moment=missing_items.c.since,
    key=items.c.id,
    branch=items.c.branch_id,
    row=MissingItem,
)
_late = PagedList(
    select(
        items.c.id,
        transits.c.since,
        items.c.barcode,
        records.c.title,
        transits.c.from_branch_id,
        transits.c.to_branch_id,
        transits.c.reason,
    )
    .select_from(
        transits.join(items, items.c.id == transits.c.item_id).join(
            records, records.c.id == items.c.record_id
        )
    )
    .where(transits.c.since < bindparam("sent_before", type_=Moment)),
    moment=transits.c.since,
    key=items.c.id,
    branch=transits.c.to_branch_id,
    row=LateTransit,
    parameters=("sent_before",),
)


def _conflict(*row: Any) -> Conflict:
    line = Conflict(*row)
    return line._replace(reasons=tuple(Reason[name] for name in str(line.reasons).split(",")))


_unsettled = PagedList(
    select(
        loan_conflicts.c.id,
        loan_conflicts.c.noted,
        loan_conflicts.c.loan_id,
        items.c.id,
        func.coalesce(items.c.barcode, loan_conflicts.c.item_barcode),
        records.c.title,
        loan_conflicts.c.branch_id,
        loan_conflicts.c.patron_id,
        patrons.c.name,
        loan_conflicts.c.reasons,
        loan_conflicts.c.act,
        loan_conflicts.c.patron_identifier,
        loan_conflicts.c.happened,
        loan_conflicts.c.due,
    )
    .select_from(
        loan_conflicts.outerjoin(items, items.c.id == loan_conflicts.c.item_id)
        .outerjoin(records, records.c.id == items.c.record_id)
        .outerjoin(patrons, patrons.c.id == loan_conflicts.c.patron_id)
    )
    .where(loan_conflicts.c.settled.is_(None)),
    moment=loan_conflicts.c.noted,
    key=loan_conflicts.c.id,
    branch=loan_conflicts.c.branch_id,
    row=_conflict,
)


def overdue_loans(
    transaction: Transaction,
    *,
    now: datetime,
    branch_id: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Page[OverdueLoan]:
    """Loans beyond their due date, the oldest first; of one branch that lent, or of all."""
    return _overdue.page(
        transaction,
        now,
        branch_id=branch_id,
        after=after,
        limit=limit,
        place_of=lambda line: Place(line.due, line.loan_id),
    )


def lost_and_claimed(
    transaction: Transaction,
    *,
    mark: LoanMark | None = None,
    branch_id: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Page[MissingItem]:
    """Items on loan that are lost or claimed returned, the oldest first: to be searched for.

    `mark` gives those of one kind alone.
    """
    return _marked[mark].page(
        transaction,
        branch_id=branch_id,
        after=after,
        limit=limit,
        place_of=lambda line: Place(line.since, line.item_id),
    )


def items_missing(
    transaction: Transaction,
    *,
    branch_id: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Page[MissingItem]:
    """Items that nobody has on loan and nobody can find, the oldest first."""
    return _missing.page(
        transaction,
        branch_id=branch_id,
        after=after,
        limit=limit,
        place_of=lambda line: Place(line.since, line.item_id),
    )


def transits_overdue(
    transaction: Transaction,
    *,
    sent_before: datetime,
    branch_id: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Page[LateTransit]:
    """Items sent before that moment that have not arrived; to one branch, or anywhere."""
    return _late.page(
        transaction,
        sent_before,
        branch_id=branch_id,
        after=after,
        limit=limit,
        place_of=lambda line: Place(line.since, line.item_id),
    )


def no_block_conflicts(
    transaction: Transaction,
    *,
    branch_id: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Page[Conflict]:
    """Loans accepted off line against the rules; `circulation.loans.conflicts` takes them off."""
    return _unsettled.page(
        transaction,
        branch_id=branch_id,
        after=after,
        limit=limit,
        place_of=lambda line: Place(line.noted, line.id),
    )
