"""Loans counted by day, branch, material, category, age band and municipality.

They are made from the events of a day, which carry what is counted by
(`circulation.patrons.traits`) and need no patron: cutting loans from persons, and erasing persons,
changes no figure. A day can be counted again at any time, and gives the same; the figures of a day
whose events have been moved out of the database stay as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, literal_column, select

from catalogue.database import Statement, Transaction, columns, many, scalars, send, send_many
from catalogue.schema import branches, items
from circulation.calendars.due_dates import end_of_day
from circulation.kernel.events import EventKind
from circulation.kernel.models import row_of
from circulation.kernel.moves_out import moved_out_before
from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.kernel.schema import agency_settings, events, loan_statistics
from circulation.loans.undo import UNDO_WINDOW

#: What is counted.
COUNTED = (EventKind.CHECKED_OUT, EventKind.RENEWED, EventKind.CHECKED_IN)
_CANCELS = (
    EventKind.CHECK_OUT_CANCELLED,
    EventKind.CHECK_IN_CANCELLED,
    EventKind.RENEWAL_CANCELLED,
)

#: What loans can be counted by.
DIMENSIONS = ("day", "branch_id", "kind", "material_group", "category", "age_band", "municipality")


class Counted(NamedTuple):
    """One figure; the dimensions that were not asked for are None."""

    day: date | None
    branch_id: int | None
    kind: EventKind | None
    material_group: str | None
    category: str | None
    age_band: str | None
    municipality: str | None
    number: int


def _of_kinds(kinds: Sequence[EventKind]) -> Any:
    return events.c.kind.in_([literal_column(f"'{kind.value}'") for kind in kinds])


class _CountedEvent(NamedTuple):
    id: int
    kind: str
    traits: str | None
    material_group: str
    written: datetime


@many(_CountedEvent)
def _events_of_day(*, branch_id: int, after: datetime, until: datetime) -> Statement:
    written = func.coalesce(events.c.recorded, events.c.at, type_=events.c.at.type)
    return (
        select(*columns(_CountedEvent, events, items, id=events.c.id, written=written))
        .select_from(events.outerjoin(items, items.c.id == events.c.item_id))
        .where(
            events.c.branch_id == branch_id,
            events.c.at > after,
            events.c.at <= until,
            _of_kinds(COUNTED),
        )
    )


@scalars(int)
def _cancelled(*, after: datetime, until: datetime) -> Statement:
    """The events that were undone in that time. Asked of each event for itself, PostgreSQL would
    read all that there are as soon as there are millions."""
    return select(events.c.cause).where(
        events.c.at > after, events.c.at <= until, _of_kinds(_CANCELS), events.c.cause.is_not(None)
    )


def _counted(
    transaction: Transaction, branch_id: int, after: datetime, until: datetime
) -> list[_CountedEvent]:
    """What happened at the branch in that time and was not undone."""
    rows = _events_of_day(transaction, branch_id=branch_id, after=after, until=until)
    if not rows:
        return rows
    last = max(row.written for row in rows) + UNDO_WINDOW
    cancelled = set(_cancelled(transaction, after=after, until=last))
    return [row for row in rows if row.id not in cancelled]


class _BranchTimezone(NamedTuple):
    branch_id: int
    timezone: str | None


@many(_BranchTimezone)
def _all_branches() -> Statement:
    return (
        select(*columns(_BranchTimezone, agency_settings, branch_id=branches.c.id))
        .select_from(
            branches.outerjoin(agency_settings, agency_settings.c.agency_id == branches.c.agency_id)
        )
        .order_by(branches.c.id)
    )


@send
def _forget_day(*, day: date) -> Statement:
    return delete(loan_statistics).where(loan_statistics.c.day == day)


class _Count(NamedTuple):
    day: date
    branch_id: int
    kind: str
    material_group: str
    category: str
    age_band: str
    municipality: str
    number: int


@send_many
def _insert_counts(record: _Count) -> Statement:
    return insert(loan_statistics).values(dict(zip((*DIMENSIONS, "count"), record, strict=True)))


def count_day(transaction: Transaction, day: date) -> int:
    """Counts a day again, each branch by its own clock; gives how many events were counted.

    A return is counted by material alone: who had it is not asked any more. None is counted of a
    day whose events were moved out.
    """
    moved = moved_out_before(transaction)
    if moved is not None and day < moved:
        return 0
    _forget_day(transaction, day=day)
    counts: Counter[tuple[Any, ...]] = Counter()
    for branch_id, its_timezone in _all_branches(transaction):
        timezone = its_timezone or DEFAULT_TIMEZONE
        after, until = end_of_day(day - timedelta(1), timezone), end_of_day(day, timezone)
        for row in _counted(transaction, branch_id, after, until):
            known = json.loads(row.traits) if row.traits else {}
            counts[
                day,
                branch_id,
                row.kind,
                known.get("group", row.material_group or ""),
                known.get("category", ""),
                known.get("age", ""),
                known.get("municipality", ""),
            ] += 1
    _insert_counts(
        transaction, [_Count._make((*key, number)) for key, number in sorted(counts.items())]
    )
    return counts.total()


def loans_by(
    transaction: Transaction, dimensions: Sequence[str], *, first: date, last: date
) -> list[Counted]:
    """The figures of the days from `first` to `last`, summed by some of `DIMENSIONS`, in order.

    Raises ValueError for another dimension.
    """
    unknown = set(dimensions) - set(DIMENSIONS)
    if unknown:
        raise ValueError(f"loans are not counted by {', '.join(sorted(unknown))}")
    wanted = tuple(name for name in DIMENSIONS if name in dimensions)
    found = []
    for row in _sums(wanted)(transaction, first=first, last=last):
        figures: dict[str, Any] = dict.fromkeys(DIMENSIONS) | row._asdict()
        if figures["kind"] is not None:
            figures["kind"] = EventKind(figures["kind"])
        found.append(Counted(**figures))
    return found


@lru_cache(maxsize=128)
def _sums(dimensions: tuple[str, ...]) -> Callable[..., list[Any]]:
    by = [loan_statistics.c[name] for name in dimensions]
    number = func.sum(loan_statistics.c.count)

    @many(row_of(*dimensions, "number"))
    def sums(*, first: date, last: date) -> Statement:
        chosen = select(*by, (number if by else func.coalesce(number, 0)).label("number"))
        return chosen.where(loan_statistics.c.day.between(first, last)).group_by(*by).order_by(*by)

    return sums
