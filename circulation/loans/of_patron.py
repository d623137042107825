"""How many loans a patron has: what the facts of a patron say of them, and the counts."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, ColumnElement, ScalarSelect, and_, func, literal_column, select

from catalogue.database import Statement, bind, columns, one
from circulation.kernel.parts import Part
from circulation.loans.schema import loans
from circulation.patrons.facts import PatronFacts
from circulation.patrons.schema import patrons


def is_overdue(due: datetime, mark: str | None, now: datetime) -> bool:
    """Should the item be asked back? Not one that is lost, or returned as the borrower says."""
    return due < now and mark is None


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
