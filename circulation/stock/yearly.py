"""What Danmarks Statistik asks public libraries for each year, of an agency.

Loans and renewals by material and by the age of the borrower come from the statistics that are
counted day by day (`circulation.loans.statistics`), which name nobody. Stock is counted as it is
now, so the figures of a year are fetched when it has just ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import func, or_, select

from catalogue.database import Statement, Transaction, columns, many, scalar_one
from catalogue.schema import branches, items
from circulation.calendars.due_dates import end_of_day
from circulation.kernel.events import EventKind
from circulation.kernel.schema import events, loan_statistics
from circulation.kernel.set_up import SetUp


class YearlyLoans(NamedTuple):
    """Loans or renewals (`kind`) of a material by borrowers of an age."""

    kind: str
    material_group: str
    age_band: str
    number: int


class YearlyStock(NamedTuple):
    """The items of a material now, and how many of them were added within the year."""

    material_group: str
    items: int
    added: int


@dataclass(frozen=True, slots=True)
class Year:
    """The figures of a calendar year. `withdrawn` items have left the stock within it."""

    year: int
    loans: tuple[YearlyLoans, ...]
    stock: tuple[YearlyStock, ...]
    withdrawn: int


_LENT: Final = (EventKind.CHECKED_OUT, EventKind.RENEWED)


@many(YearlyLoans)
def _loans(*, agency_id: int, first: date, last: date) -> Statement:
    its = loan_statistics.c
    by = (its.kind, its.material_group, its.age_band)
    return (
        select(*columns(YearlyLoans, loan_statistics, number=func.sum(its.count)))
        .select_from(loan_statistics.join(branches, branches.c.id == its.branch_id))
        .where(
            branches.c.agency_id == agency_id,
            its.day.between(first, last),
            or_(*(its.kind == each.value for each in _LENT)),
        )
        .group_by(*by)
        .order_by(*by)
    )


@many(YearlyStock)
def _stock(*, agency_id: int, begins: datetime, ends: datetime) -> Statement:
    added = func.count().filter(items.c.created > begins, items.c.created <= ends)
    return (
        select(*columns(YearlyStock, items, items=func.count(), added=added))
        .select_from(items.join(branches, branches.c.id == items.c.branch_id))
        .where(branches.c.agency_id == agency_id)
        .group_by(items.c.material_group)
        .order_by(items.c.material_group)
    )


@scalar_one(int)
def _withdrawn(*, agency_id: int, begins: datetime, ends: datetime) -> Statement:
    return (
        select(func.count())
        .select_from(events.join(branches, branches.c.id == events.c.branch_id))
        .where(
            branches.c.agency_id == agency_id,
            events.c.kind == EventKind.ITEM_REMOVED.value,
            events.c.at > begins,
            events.c.at <= ends,
        )
    )


def figures_of_year(transaction: Transaction, set_up: SetUp, *, agency_id: int, year: int) -> Year:
    """The figures of an agency; a year begins and ends by the clock of its branches.

    Raises ValueError for a year that no calendar has.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    zone = next(each.timezone for each in set_up.branches.values() if each.agency_id == agency_id)
    begins, ends = end_of_day(date(year - 1, 12, 31), zone), end_of_day(last, zone)
    return Year(
        year,
        tuple(_loans(transaction, agency_id=agency_id, first=first, last=last)),
        tuple(_stock(transaction, agency_id=agency_id, begins=begins, ends=ends)),
        _withdrawn(transaction, agency_id=agency_id, begins=begins, ends=ends),
    )
