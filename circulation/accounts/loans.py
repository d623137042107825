"""A patron's open loans, by pages, with what others lent onward to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, select, tuple_

from catalogue.database import Statement, Transaction, columns, many, many_of
from catalogue.schema import items, records
from circulation.items.rows import item_of
from circulation.kernel.act import Act
from circulation.kernel.paging import ALL, START, Place
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    Borrower,
    Branch,
    Item,
    Loan,
    LoanMark,
    Patron,
    Refusal,
    Refused,
)
from circulation.kernel.set_up import SetUp
from circulation.loans.of_patron import is_overdue, loans_of
from circulation.loans.schema import loans
from circulation.patrons.facts import CARD_OF_PATRON, PatronFacts, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.schema import patrons


class PatronLoan(NamedTuple):
    """One line of a patron's list of loans."""

    item: Item
    loan: Loan
    is_overdue: bool
    is_recalled: bool = False  # somebody waits for it, and has brought the due date forward
    control_number: str | None = None  # of the title's record
    # Of a loan lent onward: who has the item now, or (for a pupil) whose loan it is.
    lent_onward_to: Borrower | None = None
    lent_onward_by: Borrower | None = None
    mark: LoanMark | None = None


class PatronLoans(NamedTuple):
    """A page of a patron's open loans, by due date, and how many there are in all.

    What others have lent onward to the patron comes after their own loans, and is counted.
    """

    patron: Patron
    total: int
    loans: tuple[PatronLoan, ...]


class BriefLoan(NamedTuple):
    """A line that names the item and its title, and tells nothing else of them."""

    barcode: str
    title: str
    control_number: str | None  # of the title's record
    home_branch: Branch
    due: datetime


class BriefLoans(NamedTuple):
    """The first page of a patron's open loans in brief, as `PatronLoans`."""

    total: int
    loans: tuple[BriefLoan, ...]


class _Listed(NamedTuple):
    """An open loan with its item and title, and nothing that goes on with the item besides."""

    loan_id: int
    checked_out: datetime
    due: datetime
    renewals: int
    patron_id: int
    co_patron_id: int | None
    mark: str | None
    recalled: datetime | None
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
    section: str
    branch_id: int
    control_number: str | None

    @property
    def place(self) -> tuple[date, int]:
        """Where it stands in a list."""
        return self.due, self.loan_id

    def is_overdue(self, now: datetime) -> bool:
        return is_overdue(self.due, self.mark, now)


class _Brief(NamedTuple):
    """As much of it as a `BriefLoan` tells. First what such lists are sorted by."""

    due: datetime
    loan_id: int
    barcode: str
    title: str
    control_number: str | None
    branch_id: int


#: Sorts lines, which come from the database in any order: it would write each of them down once
#: more to sort them, which takes as long as all else.
_by_due_date = attrgetter("due", "loan_id")


def _listed_of(some: FromClause, row: type[_Listed | _Brief] = _Listed) -> Select[Any]:
    """The lines for these loans."""
    its = {"id": items.c.id, "branch_id": items.c.branch_id, "loan_id": some.c.id}
    its["material_group"] = items.c.material_group
    its = {name: column for name, column in its.items() if name in row._fields}
    return (
        select(*columns(row, some, items, records, **its))
        .select_from(some)
        .join(items, items.c.id == some.c.item_id)
        .join(records, records.c.id == items.c.record_id)
    )


def _page_of(
    patron_id: int, at_most: int, skipped: int, *conditions: ColumnElement[bool]
) -> FromClause:
    """A page is chosen before anything is read of its items: PostgreSQL would read all of them,
    as it does not know that somebody may have hundreds."""
    return (
        select(loans)
        .where(loans.c.checked_in.is_(None), loans.c.patron_id == patron_id, *conditions)
        .order_by(loans.c.due, loans.c.id)  # as in the index
        .limit(at_most)
        .offset(skipped)
        .subquery("page")
    )


def _own(
    patron_id: int,
    at: datetime,
    after_id: int,
    at_most: int,
    skipped: int,
    *conditions: ColumnElement[bool],
) -> Select[Any]:
    place = tuple_(loans.c.due, loans.c.id) > tuple_(at, after_id)
    return _listed_of(_page_of(patron_id, at_most, skipped, place, *conditions))


@many(_Listed)
def _own_loans(
    *, patron_id: int, at: datetime, after_id: int, at_most: int, skipped: int
) -> Statement:
    """The patron's own behind the loan `after_id` that is due `at`."""
    return _own(patron_id, at, after_id, at_most, skipped)


@many(_Listed)
def _own_overdue(
    *, patron_id: int, now: datetime, at: datetime, after_id: int, at_most: int, skipped: int
) -> Statement:
    """The same, of those due before `now` that are neither claimed returned nor lost."""
    is_overdue = loans.c.due < now, loans.c.mark.is_(None)
    return _own(patron_id, at, after_id, at_most, skipped, *is_overdue)


@many(_Listed)
def _lent_onward(*, patron_id: int) -> Statement:
    """What others have lent onward to the patron."""
    return _listed_of(loans).where(loans.c.checked_in.is_(None), loans.c.co_patron_id == patron_id)


@many(_Brief)
def _own_in_brief(*, patron_id: int, at_most: int) -> Statement:
    return _listed_of(_page_of(patron_id, at_most, 0), _Brief)


@many(_Brief)
def _lent_onward_in_brief(*, patron_id: int) -> Statement:
    open_ones = loans.c.checked_in.is_(None), loans.c.co_patron_id == patron_id
    return _listed_of(loans, _Brief).where(*open_ones)


@many_of(Borrower)
def _borrowers(*, patron_ids: Sequence[int]) -> Statement:
    """Patrons as borrowers, by the newest card that may still be used."""
    return select(
        *columns(Borrower, patrons, patron_id=patrons.c.id, identifier=CARD_OF_PATRON)
    ).where(patrons.c.id.in_(patron_ids))


class LoanPage(NamedTuple):
    """Which loans are listed: from the `start`-th (1 is the first), `limit` at most; behind the
    place `after` (due date, loan), which stays where it is whatever is returned: of the patron's
    own loans, or, `is_onward`, of what others have lent onward to them.

    `only_overdue` leaves the others out of the list and of `total`.
    """

    only_overdue: bool = False
    start: int = 1
    limit: int | None = None
    after: Place = START
    is_onward: bool = False


_ALL_OF_THEM = LoanPage()


def patron_loans(act: Act, *, patron: str, page: LoanPage = _ALL_OF_THEM) -> PatronLoans | Refused:
    """The patron's open loans by due date.

    What others have lent onward to the patron comes last: they have it, and hand it in.
    Asks for no PIN: call `patron_status` first where one is needed.
    """
    transaction, circulation, _, now = act
    facts = patron_facts(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    return loans_listed(act, facts, page)


def loans_listed(act: Act, facts: PatronFacts, page: LoanPage = _ALL_OF_THEM) -> PatronLoans:
    """The same for who has looked the patron up."""
    transaction, circulation, _, now = act
    only_overdue, start, limit, (at, after_id), is_onward = page
    set_up = circulation.set_up(transaction, facts.set_up_version)
    skipped = min(max(start - 1, 0), ALL)
    at_most = ALL if limit is None else min(max(limit, 0), ALL)
    counted = loans_of(facts)
    if not (counted.number or counted.onward):
        return PatronLoans(facts.patron(), 0, ())
    where: dict[str, Any] = {
        "patron_id": facts.id,
        "at": at,
        "after_id": after_id,
        "at_most": at_most,
        "skipped": skipped,
    }
    own: list[_Listed] = []
    if not is_onward:
        own = (
            _own_overdue(transaction, now=now, **where)
            if only_overdue
            else _own_loans(transaction, **where)
        )
        own.sort(key=_by_due_date)
    number = counted.overdue if only_overdue else counted.number
    onward = _lent_onward(transaction, patron_id=facts.id) if counted.onward else []
    onward.sort(key=_by_due_date)
    if only_overdue:
        onward = [each for each in onward if each.is_overdue(now)]
    total = number + len(onward)
    if is_onward:
        onward = [each for each in onward if each.place > (at, after_id)]
    first = max(skipped - number, 0)
    found = own + onward[first : first + at_most - len(own)]
    listed = _listed(transaction, set_up, facts.id, found, now)
    return PatronLoans(facts.patron(), total, tuple(listed))


def loans_in_brief(act: Act, facts: PatronFacts, limit: int) -> BriefLoans:
    """The first page of the same, for who shows no more of it: a third of the work."""
    transaction, circulation, _, _ = act
    counted = loans_of(facts)
    if not (counted.number or counted.onward):
        return BriefLoans(0, ())
    branches = circulation.set_up(transaction, facts.set_up_version).branches
    found = _own_in_brief(transaction, patron_id=facts.id, at_most=limit)
    found.sort(key=_by_due_date)
    if counted.onward:
        onward = _lent_onward_in_brief(transaction, patron_id=facts.id)
        onward.sort(key=_by_due_date)
        found += onward[: limit - len(found)]
    told = tuple(
        [
            BriefLoan(barcode, title, control_number, branches[branch_id], due)
            for due, _, barcode, title, control_number, branch_id in found
        ]
    )
    return BriefLoans(counted.number + counted.onward, told)


def _listed(
    transaction: Transaction,
    set_up: SetUp,
    patron_id: int,
    found: Sequence[_Listed],
    now: datetime,
) -> Iterator[PatronLoan]:
    """The lines for items on loan to the patron, or lent onward to them."""
    others = {
        other
        for each in found
        if (other := each.co_patron_id if each.patron_id == patron_id else each.patron_id)
    }
    names: dict[int | None, Borrower] = {}
    if others:
        told = _borrowers(transaction, patron_ids=list(others))
        names = {each.patron_id: each for each in told}
    for each in found:
        is_own = each.patron_id == patron_id
        yield PatronLoan(
            item_of(each, set_up.branches[each.branch_id]),
            Loan(each.loan_id, each.checked_out, each.due, each.renewals),
            each.is_overdue(now),
            each.recalled is not None,
            each.control_number,
            names.get(each.co_patron_id) if is_own else None,
            None if is_own else names.get(each.patron_id),
            None if each.mark is None else LoanMark(each.mark),
        )
