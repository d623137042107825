"""Loans counted by day, branch, material, category, age band and municipality.

They are made from the events of a day, which carry what is counted by
(`circulation.patrons.traits`) and need no patron: cutting loans from persons, and erasing persons,
changes no figure. A day can be counted again at any time, and gives the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, func, insert, literal_column, select

from catalogue.database import Statement, Transaction, columns, many, send, send_many
from catalogue.schema import branches, items
from circulation.calendars.due_dates import end_of_day
from circulation.kernel.events import EventKind
from circulation.kernel.models import row_of
from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.kernel.schema import agency_settings, events, loan_statistics

#: What is counted.
COUNTED = (EventKind.CHECKED_OUT, EventKind.RENEWED, EventKind.CHECKED_IN)
_CANCELS = (EventKind.CHECK_OUT_CANCELLED, EventKind.CHECK_IN_CANCELLED)

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


def _of_kinds(kinds: Sequence[EventKind], table: Any = events) -> Any:
    return table.c.kind.in_([literal_column(f"'{kind.value}'") for kind in kinds])


_cancel = events.alias("cancel")


class _CountedEvent(NamedTuple):
    kind: str
    traits: str | None
    material_group: str


@many(_CountedEvent)
def _events_of_day(*, branch_id: int, after: datetime, until: datetime) -> Statement:
    return (
        select(*columns(_CountedEvent, events, items))
        .select_from(events.outerjoin(items, items.c.id == events.c.item_id))
        .where(
            events.c.branch_id == branch_id,
            events.c.at > after,
            events.c.at <= until,
            _of_kinds(COUNTED),
            ~exists(
                select(1)
                .where(
                    _cancel.c.item_id == events.c.item_id,
                    _cancel.c.id > events.c.id,
                    _cancel.c.cause == events.c.id,
                    _of_kinds(_CANCELS, _cancel),
                )
                .correlate(events)
            ),
        )
    )


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

    A return is counted by material alone: who had it is not asked any more.
    """
    _forget_day(transaction, day=day)
    counts: Counter[tuple[Any, ...]] = Counter()
    for branch_id, its_timezone in _all_branches(transaction):
        timezone = its_timezone or DEFAULT_TIMEZONE
        after, until = end_of_day(day - timedelta(1), timezone), end_of_day(day, timezone)
        for row in _events_of_day(transaction, branch_id=branch_id, after=after, until=until):
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
