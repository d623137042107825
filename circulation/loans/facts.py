"""What the facts of an item say of its open loan, and the items that a patron has on loan."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    select,
)

from catalogue.database import Statement, Transaction, is_typed, lock, many
from catalogue.schema import items
from circulation.items.facts import ITEM, ItemFacts
from circulation.items.features import ItemFeature
from circulation.items.removal import ItemNeed, RemovalFeature
from circulation.kernel.parts import Part
from circulation.kernel.results import Borrower, CirculationStatus, ItemState, Loan, LoanMark
from circulation.kernel.set_up import KEEPS_CALENDARS
from circulation.loans.of_patron import is_overdue
from circulation.loans.schema import loans
from circulation.patrons.facts import card_of
from circulation.patrons.schema import patrons


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
def lock_open_loan(*, barcode: str) -> Statement:
    """Lock the open loan of a locked item: a recall brings its due date forward without the
    lock of the item."""
    its = select(items.c.id).where(is_typed(items.c.barcode, barcode)).scalar_subquery()
    return (
        select(loans.c.id)
        .where(loans.c.item_id == its, loans.c.checked_in.is_(None))
        .with_for_update(key_share=True)
    )


@lock
def lock_open_loans_of(*, patron_id: int) -> Statement:
    """Lock the open loans of a patron, whose items are locked."""
    return (
        select(loans.c.id)
        .where(loans.c.patron_id == patron_id, loans.c.checked_in.is_(None))
        .order_by(loans.c.id)
        .with_for_update(key_share=True)
    )


@lock
def lock_items_on_loan_to(*, patron_id: int) -> Statement:
    on_loan = select(loans.c.item_id).where(
        loans.c.patron_id == patron_id, loans.c.checked_in.is_(None)
    )
    return (
        select(items.c.id, KEEPS_CALENDARS)
        .where(items.c.id.in_(on_loan))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )
