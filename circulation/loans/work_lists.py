"""What staff have to see to: overdue loans, lost and claimed items, late transits, conflicts.

Each is one call that gives a page and, where there is more, the `after` for the next: a place in
the list and not a number of lines, so that what happens between two pages neither repeats nor
hides a line. The lists of holds (to fetch, shelf to clear) are in `circulation.holds.work_lists`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Unpack

from sqlalchemy import ColumnElement, Select, func, null, select

from catalogue.database import Transaction, columns
from catalogue.schema import items, records
from circulation.items.schema import missing_items, transits
from circulation.kernel.paging import Asked, Order, Page, PagedList, Place, paged
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
    mark_code: str | None
    loan_id: int | None
    patron_id: int | None
    patron_name: str | None

    @property
    def mark(self) -> LoanMark | None:
        return None if self.mark_code is None else LoanMark(self.mark_code)


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
    """An off-line act: a loan that the rules would have refused, or an act that is or was open.

    `act` says what was reported (a value of `circulation.loans.off_line.Reported`), `state` what
    has become of it (`ActState`), `source` how it became known (`Source`). For an open act there
    are the barcode and the patron's identifier that the machine sent; there is no loan, and an item
    or patron only where they are known. `remark` is why staff have settled it.
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
    overridden: str
    act: str | None
    patron_identifier: str | None
    happened: datetime | None
    due: datetime | None
    state: str
    source: str
    remark: str | None
    amount: str | None
    tried: datetime | None
    settled: datetime | None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(Reason[name] for name in self.overridden.split(",") if name)


@paged(
    OverdueLoan,
    Order(
        moment=loans.c.due,
        key=loans.c.id,
        branch=loans.c.branch_id,
        place_of=lambda line: Place(line.due, line.loan_id),
    ),
)
def overdue_loans(*, now: datetime) -> Select[Any]:
    """Loans beyond their due date, the oldest first; of one branch that lent, or of all."""
    told = {
        "loan_id": loans.c.id,
        "barcode": items.c.barcode,
        "title": records.c.title,
        "patron_name": patrons.c.name,
    }
    return (
        select(*columns(OverdueLoan, loans, **told))
        .select_from(_LOANS)
        .where(loans.c.checked_in.is_(None), loans.c.mark.is_(None), loans.c.due < now)
    )


_LOANS = (
    loans.join(items, items.c.id == loans.c.item_id)
    .join(records, records.c.id == items.c.record_id)
    .join(patrons, patrons.c.id == loans.c.patron_id)
)


def _marked_as(*conditions: ColumnElement[bool]) -> PagedList[[], MissingItem]:
    place = Order(loans.c.marked, items.c.id, loans.c.branch_id, _place_of_item)
    told = {
        "since": loans.c.marked,
        "barcode": items.c.barcode,
        "title": records.c.title,
        "mark_code": loans.c.mark,
        "loan_id": loans.c.id,
        "patron_name": patrons.c.name,
    }
    chosen = select(*columns(MissingItem, loans, **told)).select_from(_LOANS)
    marked = chosen.where(loans.c.mark.is_not(None), loans.c.checked_in.is_(None), *conditions)
    return paged(MissingItem, place)(lambda: marked)


def _place_of_item(line: MissingItem) -> Place:
    return Place(line.since, line.item_id)


_marked = {None: _marked_as()} | {mark: _marked_as(loans.c.mark == mark.value) for mark in LoanMark}


def lost_and_claimed(
    transaction: Transaction, *, mark: LoanMark | None = None, **page: Unpack[Asked]
) -> Page[MissingItem]:
    """Items on loan that are lost or claimed returned, the oldest first: to be searched for.

    `mark` gives those of one kind alone.
    """
    return _marked[mark](transaction, **page)


@paged(MissingItem, Order(missing_items.c.since, items.c.id, items.c.branch_id, _place_of_item))
def items_missing() -> Select[Any]:
    """Items that nobody has on loan and nobody can find, the oldest first."""
    nothing = dict.fromkeys(("mark_code", "loan_id", "patron_id", "patron_name"), null())
    told = {"item_id": items.c.id, "since": missing_items.c.since, "title": records.c.title}
    return select(*columns(MissingItem, items, **told, **nothing)).select_from(
        missing_items.join(items, items.c.id == missing_items.c.item_id).join(
            records, records.c.id == items.c.record_id
        )
    )


@paged(
    LateTransit,
    Order(
        moment=transits.c.since,
        key=items.c.id,
        branch=transits.c.to_branch_id,
        place_of=lambda line: Place(line.since, line.item_id),
    ),
)
def transits_overdue(*, sent_before: datetime) -> Select[Any]:
    """Items sent before that moment that have not arrived; to one branch, or anywhere."""
    told = {"barcode": items.c.barcode, "title": records.c.title}
    return (
        select(*columns(LateTransit, transits, **told))
        .select_from(
            transits.join(items, items.c.id == transits.c.item_id).join(
                records, records.c.id == items.c.record_id
            )
        )
        .where(transits.c.since < sent_before)
    )


_ORDER_OF_ACTS: Order[Conflict] = Order(
    moment=loan_conflicts.c.noted,
    key=loan_conflicts.c.id,
    branch=loan_conflicts.c.branch_id,
    place_of=lambda line: Place(line.noted, line.id),
)


def _off_line_acts(condition: ColumnElement[bool]) -> Select[Any]:
    """A loan says whose it is for as long as it may."""
    told = {
        "item_id": items.c.id,
        "barcode": func.coalesce(items.c.barcode, loan_conflicts.c.item_barcode),
        "title": records.c.title,
        "patron_id": patrons.c.id,
        "patron_name": patrons.c.name,
        "overridden": loan_conflicts.c.reasons,
    }
    whose = func.coalesce(loan_conflicts.c.patron_id, loans.c.patron_id)
    item = func.coalesce(loan_conflicts.c.item_id, loans.c.item_id)
    return (
        select(*columns(Conflict, loan_conflicts, **told))
        .select_from(
            loan_conflicts.outerjoin(loans, loans.c.id == loan_conflicts.c.loan_id)
            .outerjoin(items, items.c.id == item)
            .outerjoin(records, records.c.id == items.c.record_id)
            .outerjoin(patrons, patrons.c.id == whose)
        )
        .where(condition)
    )


@paged(Conflict, _ORDER_OF_ACTS)
def no_block_conflicts() -> Select[Any]:
    """Return off-line acts to see to: open ones, and loans against the rules."""
    return _off_line_acts(loan_conflicts.c.settled.is_(None))


@paged(Conflict, _ORDER_OF_ACTS)
def settled_acts() -> Select[Any]:
    """Return off-line acts that were settled, or done after they had been open."""
    return _off_line_acts(loan_conflicts.c.settled.is_not(None))
