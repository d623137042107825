"""A patron's open loans, by pages, with what others lent onward to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, Transaction, columns, many_of
from circulation.items.facts import ItemFacts
from circulation.kernel.act import Act
from circulation.kernel.paging import START, Place
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Borrower, Item, Loan, Patron, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import (
    ALL,
    OPEN_LOAN,
    items_lent_onward_to,
    items_listed,
    items_overdue,
    loans_of,
)
from circulation.patrons.facts import CARD_OF_PATRON, PatronFacts, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.schema import patrons


@dataclass(frozen=True, slots=True)
class PatronLoan:
    """One line of a patron's list of loans."""

    item: Item
    loan: Loan
    is_overdue: bool
    is_recalled: bool = False  # somebody waits for it, and has brought the due date forward
    # Of a loan lent onward: who has the item now, or (for a pupil) whose loan it is.
    lent_onward_to: Borrower | None = None
    lent_onward_by: Borrower | None = None


@dataclass(frozen=True, slots=True)
class PatronLoans:
    """A page of a patron's open loans, by due date, and how many there are in all.

    What others have lent onward to the patron comes after their own loans, and is counted.
    """

    patron: Patron
    total: int
    loans: tuple[PatronLoan, ...]


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
        material_group="",
    )
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    return loans_listed(act, facts, page)


def loans_listed(act: Act, facts: PatronFacts, page: LoanPage = _ALL_OF_THEM) -> PatronLoans:
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
    own: list[ItemFacts] = []
    if not is_onward:
        own = (
            items_overdue(transaction, now=now, **where)
            if only_overdue
            else items_listed(transaction, **where)
        )
    number = counted.overdue if only_overdue else counted.number
    onward = [
        item
        for item in (
            items_lent_onward_to(transaction, patron_id=facts.id) if counted.onward else ()
        )
        if not only_overdue or ((loan := OPEN_LOAN.of(item)) and loan.is_overdue(now))
    ]
    total = number + len(onward)
    if is_onward:
        onward = [each for each in onward if _place(each) > (at, after_id)]
    first = max(skipped - number, 0)
    found = own + onward[first : first + at_most - len(own)]
    listed = _listed(transaction, set_up, facts.id, found, now)
    return PatronLoans(facts.patron(), total, tuple(listed))


def _place(item: ItemFacts) -> tuple[date, int]:
    """Where its loan stands in a list."""
    loan = OPEN_LOAN.of(item)
    return START if loan is None else (loan.due, loan.id)


def _listed(
    transaction: Transaction,
    set_up: SetUp,
    patron_id: int,
    found: Sequence[ItemFacts],
    now: datetime,
) -> Iterator[PatronLoan]:
    """The lines for items on loan to the patron, or lent onward to them."""
    lent = [(item, loan) for item in found if (loan := OPEN_LOAN.of(item)) is not None]
    holders = {loan.co_patron_id for _, loan in lent if loan.co_patron_id is not None}
    names = {each.patron_id: each for each in _borrowers(transaction, patron_ids=sorted(holders))}
    for item, loan in lent:
        is_own = loan.patron_id == patron_id
        yield PatronLoan(
            item.item(set_up.branches[item.home_branch_id]),
            loan.loan(),
            loan.is_overdue(now),
            is_recalled=loan.recalled is not None,
            lent_onward_to=names.get(loan.co_patron_id or 0) if is_own else None,
            lent_onward_by=None if is_own else loan.borrower(),
        )
