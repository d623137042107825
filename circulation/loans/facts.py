"""What the facts of an item say of its open loan, and the items that a patron has on loan."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    func,
    literal_column,
    select,
)

from catalogue.database import Statement, Transaction, bind, columns, lock, many, one
from catalogue.schema import items
from circulation.items.facts import ITEM, ItemFacts
from circulation.items.features import ItemFeature
from circulation.items.removal import ItemNeed, RemovalFeature
from circulation.kernel.parts import Part
from circulation.kernel.results import Borrower, CirculationStatus, ItemState, Loan, LoanMark
from circulation.loans.schema import loans
from circulation.patrons.facts import PatronFacts, card_of
from circulation.patrons.schema import patrons


def is_overdue(due: datetime, mark: str | None, now: datetime) -> bool:
    """Should the item be asked back? Not one that is lost, or returned as the borrower says."""
    return due < now and mark is None


class OpenLoan(NamedTuple):
    """The open loan of an item, with its borrower."""

    id: int
    checked_out: datetime
    due: datetime
    renewals: int
    branch_id: int
    patron_id: int
    card: str | None
    name: str
    agency_id: int
    co_patron_id: int | None
    mark: str | None  # a value of `LoanMark`
    marked: datetime | None
    suspended_until: datetime | None
    recalled: datetime | None
    billed: datetime | None

    def loan(self) -> Loan:
        return Loan(self.id, self.checked_out, self.due, self.renewals)

    def is_overdue(self, now: datetime) -> bool:
        return is_overdue(self.due, self.mark, now)

    def borrower(self) -> Borrower:
        return Borrower(self.patron_id, self.card, self.name, self.agency_id)


_OF_LOAN = (
    "id",
    "checked_out",
    "due",
    "renewals",
    "branch_id",
    "patron_id",
    "co_patron_id",
    "mark",
    "marked",
    "suspended_until",
    "recalled",
    "billed",
)
OPEN_LOAN = Part(
    OpenLoan,
    {
        **{name: loans.c[name] for name in _OF_LOAN},
        "card": card_of(loans.c.patron_id),
        "name": patrons.c.name,
        "agency_id": patrons.c.agency_id,
    },
    keys=("id",),
    joins=[
        (loans, (loans.c.item_id == items.c.id) & loans.c.checked_in.is_(None)),
        (patrons, patrons.c.id == loans.c.patron_id),
    ],
)


_STATES = {
    None: ItemState.ON_LOAN,
    LoanMark.CLAIMED_RETURNED.value: ItemState.CLAIMED_RETURNED,
    LoanMark.LOST.value: ItemState.LOST,
}


class LoanOfItem(ItemFeature):
    parts = (OPEN_LOAN,)

    def shown(self, item: ItemFacts, status: CirculationStatus, now: datetime) -> CirculationStatus:
        found = OPEN_LOAN.of(item)
        assert found is not None
        return CirculationStatus(
            status.item,
            _STATES[found.mark],
            loan=found.loan(),
            borrower=found.borrower(),
            is_overdue=found.is_overdue(now),
            recalled=found.recalled,
        )


class LoanAtRemoval(RemovalFeature):
    def need(self, transaction: Transaction, item: ItemFacts) -> ItemNeed | None:
        return None if OPEN_LOAN.of(item) is None else ItemNeed.ON_LOAN


def _of_patron(patron_id: int) -> Select[Any]:
    its = loans.c
    return ITEM.select().where(its.patron_id == patron_id).order_by(its.due, its.id)


@many(ITEM)
def items_on_loan(*, patron_id: int) -> Statement:
    """The items on loan to a patron by due date. For a list that shows them see
    `circulation.accounts.loans`."""
    return _of_patron(patron_id)


@many(ITEM)
def items_overdue(*, patron_id: int, now: datetime) -> Statement:
    """The same, of the loans due before `now` that are neither claimed returned nor lost."""
    return _of_patron(patron_id).where(loans.c.due < now, loans.c.mark.is_(None))


@many(ITEM)
def items_lent_onward_to(*, patron_id: int) -> Statement:
    """What others have lent onward to a patron, by due date."""
    lent_onward = ITEM.select().where(loans.c.co_patron_id == patron_id)
    return lent_onward.order_by(loans.c.due, loans.c.id)


@lock
def lock_items_on_loan_to(*, patron_id: int) -> Statement:
    on_loan = select(loans.c.item_id).where(
        loans.c.patron_id == patron_id, loans.c.checked_in.is_(None)
    )
    return (
        select(items.c.id)
        .where(items.c.id.in_(on_loan))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


class LoansOfPatron(NamedTuple):
    """How many loans a patron has: their own, those that are overdue, those of the material group
    of what is borrowed, those that others have lent onward to them, and those of their own that
    were recalled."""

    number: int = 0
    overdue: int = 0  # not counted for somebody who borrows, like `onward` and `recalled`
    of_group: int = 0  # not counted for anybody else
    onward: int = 0
    recalled: int = 0


def _count(whose: Column[int], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(loans)
        .where(whose == patrons.c.id, loans.c.checked_in.is_(None), *conditions)
        .correlate(patrons)
        .scalar_subquery()
    )


def _count_up_to(most: str, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """The number of the patron's loans, counted up to the argument `most`."""
    counted = (
        select(literal_column("1"))
        .select_from(loans)
        .where(loans.c.patron_id == patrons.c.id, loans.c.checked_in.is_(None), *conditions)
        .limit(bind(most))
        .correlate(patrons)
        .subquery()
    )
    return select(func.count()).select_from(counted).correlate(patrons).scalar_subquery()


_OF_GROUP = loans.c.material_group == bind("material_group")
_NOT_COUNTED: ColumnElement[int] = literal_column("0")
LOANS_OF_PATRON = Part(
    LoansOfPatron,
    {
        "number": _count(loans.c.patron_id),
        "overdue": _count(loans.c.patron_id, loans.c.due < bind("now"), loans.c.mark.is_(None)),
        "of_group": _NOT_COUNTED,
        "onward": _count(loans.c.co_patron_id),
        "recalled": _count(loans.c.patron_id, loans.c.recalled.is_not(None)),
    },
    # Without a limit on all loans, not all loans are counted.
    keys=("number", "of_group", "onward"),
    cheaper={
        "number": _count_up_to("most"),
        "overdue": _NOT_COUNTED,
        "of_group": _count_up_to("most_of_group", _OF_GROUP),
        "onward": _NOT_COUNTED,
        "recalled": _NOT_COUNTED,
    },
)
_NONE = LoansOfPatron()


def loans_of(patron: PatronFacts) -> LoansOfPatron:
    """How many loans the patron has, as far as their facts say."""
    return LOANS_OF_PATRON.of(patron) or _NONE


class OpenLoans(NamedTuple):
    """How many loans a patron has, and how many of them are overdue."""

    number: int
    overdue: int


@one(OpenLoans)
def open_loans_of(*, patron_id: int, now: datetime) -> Statement:
    """Those of their own; what others have lent onward to them is not counted."""
    is_overdue = and_(loans.c.due < now, loans.c.mark.is_(None))
    counts = {"number": func.count(), "overdue": func.count().filter(is_overdue)}
    return select(*columns(OpenLoans, **counts)).where(
        loans.c.patron_id == patron_id, loans.c.checked_in.is_(None)
    )
