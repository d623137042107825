"""Which rows are long over: nobody asks the database for them any more.

An event stays, however old it is,

* that names a person: exports and erasures of what is held on people must find it;
* of a loan that goes on, and of a hold that is still there;
* that is the last one of its item: when it was seen last, and whether a request is a repeated one,
  are read from it;
* of an item that left the stock, which the figures of a year count;
* of which somebody is still to be told, and all that come after it: they are taken out in order;
* that is the last one of all, from which the database goes on numbering.

A loan stays that goes on, names a person, or is named by a row of another table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, func, select

import circulation.assembly  # noqa: F401  the tables of all features
from catalogue.database import Statement, Transaction, many, scalar, scalars, scalars_of
from catalogue.schema import items
from circulation.holds.schema import holds
from circulation.kernel.events import EventKind, last_event_id
from circulation.kernel.models import row_of
from circulation.kernel.schema import all_tables, events, outbox
from circulation.loans.schema import loans

#: Rows that are read at once.
PAGE: Final = 2_000
#: What stays whatever its age.
KEPT: Final = frozenset({EventKind.ITEM_REMOVED.value})

_EVENT: Final = row_of(*events.columns.keys())
_LOAN: Final = row_of(*loans.columns.keys())


class Page(NamedTuple):
    """Old rows of a table; `goes_on` is the id after which the next page begins, None: no more."""

    rows: Sequence[Any]
    goes_on: int | None


class Old(NamedTuple):
    """A table with rows that may be moved out.

    `page` gives those with higher ids than one that ended before a moment, for a `last` id and
    the ids that others name, as `bounds` tells both. `ended` is when what a row tells was over.
    """

    table: Table
    ended: Callable[[Any], datetime]
    bounds: Callable[[Transaction], tuple[int, Collection[int]]]
    page: Callable[[int, datetime, tuple[int, Collection[int]], Transaction], Page]


@many(_EVENT)
def _events_after(*, after: int, last: int) -> Statement:
    its = events.c
    return select(*its).where(its.id > after, its.id <= last).order_by(its.id).limit(PAGE)


@many(_LOAN)
def _loans_after(*, after: int) -> Statement:
    its = loans.c
    return select(*its).where(its.id > after).order_by(its.id).limit(PAGE)


@scalar(int)
def _first_untold() -> Statement:
    return select(func.min(outbox.c.event_id))


_latest = (
    select(func.max(events.c.id)).where(events.c.item_id == items.c.id).correlate(items)
).scalar_subquery()


@scalars_of(int)
def _last_of_items(*, item_ids: Sequence[int]) -> Statement:
    return select(_latest).where(items.c.id.in_(item_ids))


@scalars_of(int)
def _holds_there(*, hold_ids: Sequence[int]) -> Statement:
    return select(holds.c.id).where(holds.c.id.in_(hold_ids))


@scalars_of(int)
def _open_loans(*, loan_ids: Sequence[int]) -> Statement:
    return select(loans.c.id).where(loans.c.id.in_(loan_ids), loans.c.checked_in.is_(None))


def _written(event: Any) -> datetime:
    written: datetime = event.recorded or event.at
    return written


def _event_bounds(transaction: Transaction) -> tuple[int, Collection[int]]:
    untold, last = _first_untold(transaction), last_event_id(transaction)
    return min(last, last if untold is None else untold) - 1, ()


def _old_events(
    after: int, before: datetime, bounds: tuple[int, Collection[int]], transaction: Transaction
) -> Page:
    page = _events_after(transaction, after=after, last=bounds[0])
    found = [
        each
        for each in page
        if each.patron_id is None and each.kind not in KEPT and _written(each) < before
    ]

    def of(name: str) -> list[int]:
        return sorted({getattr(each, name) for each in found} - {None})

    last = set(_last_of_items(transaction, item_ids=of("item_id")))
    held = set(_holds_there(transaction, hold_ids=of("hold_id")))
    lent = set(_open_loans(transaction, loan_ids=of("loan_id")))
    rows = [
        each
        for each in found
        if each.id not in last and each.hold_id not in held and each.loan_id not in lent
    ]
    # Events are numbered as they are written: a whole page of younger ones is followed by no other.
    is_more = len(page) == PAGE and any(_written(each) < before for each in page)
    return Page(rows, page[-1].id if is_more else None)


@cache
def _named_loans() -> tuple[Callable[[Transaction], list[int]], ...]:
    """For each table but that of events, the loans that its rows name."""
    tables = [each for each in all_tables() if "loan_id" in each.c and each is not events]

    def names(table: Table) -> Callable[[Transaction], list[int]]:
        @scalars(int)
        def named() -> Statement:
            return select(table.c.loan_id).where(table.c.loan_id.is_not(None))

        return named

    return tuple(map(names, tables))


def _loan_bounds(transaction: Transaction) -> tuple[int, Collection[int]]:
    return 0, {each for named in _named_loans() for each in named(transaction)}


def _old_loans(
    after: int, before: datetime, bounds: tuple[int, Collection[int]], transaction: Transaction
) -> Page:
    page, named = _loans_after(transaction, after=after), bounds[1]
    rows = [
        each
        for each in page
        if each.checked_in is not None
        and each.checked_in < before
        and each.patron_id is None
        and each.co_patron_id is None
        and each.id not in named
    ]
    return Page(rows, page[-1].id if len(page) == PAGE else None)


#: In the order in which they leave the database: a loan follows its events.
OLD: Final[tuple[Old, ...]] = (
    Old(events, _written, _event_bounds, _old_events),
    Old(loans, lambda loan: loan.checked_in, _loan_bounds, _old_loans),
)
