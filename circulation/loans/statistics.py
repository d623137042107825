"""Loans counted by day, branch, material, category, age band and municipality.

They are made from the events of a day, which carry what is counted by
(`circulation.patrons.traits`) and need no patron: cutting loans from persons, and erasing persons,
changes no figure. A day can be counted again at any time, and gives the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, exists, func, insert, literal_column, select

from catalogue.database import Moment, Transaction, many, send, send_many
from catalogue.schema import branches, items
from circulation.calendars.due_dates import end_of_day
from circulation.kernel.events import EventKind
from circulation.kernel.schema import agency_settings, events, loan_statistics
from circulation.kernel.set_up import DEFAULT_TIMEZONE

#: What is counted.
COUNTED = (EventKind.CHECKED_OUT, EventKind.RENEWED, EventKind.CHECKED_IN)
_CANCELS = (EventKind.CHECK_OUT_CANCELLED, EventKind.CHECK_IN_CANCELLED)

#: What loans can be counted by.
DIMENSIONS = (
    "day",
    "branch_id",
    "kind",
    "material_group",
    "category",
    "age_band",
    "municipality",
)


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
_events_of_day: Callable[..., list[Any]] = many(
    select(events.c.kind, events.c.traits, items.c.material_group)
    .select_from(events.outerjoin(items, items.c.id == events.c.item_id))
    .where(
        events.c.branch_id == bindparam("branch_id"),
        events.c.at > bindparam("after", type_=Moment),
        events.c.at <= bindparam("until", type_=Moment),
        _of_kinds(COUNTED),
        ~exists(
            select(1)
            .where(
                _cancel.c.item_id == events.c.item_id,
                _cancel.c.cause == events.c.id,
                _of_kinds(_CANCELS, _cancel),
            )
            .correlate(events)
        ),
    ),
    None,
    "branch_id",
    "after",
    "until",
)
_all_branches: Callable[..., list[Any]] = many(
    select(branches.c.id, agency_settings.c.timezone)
    .select_from(
        branches.outerjoin(agency_settings, agency_settings.c.agency_id == branches.c.agency_id)
    )
    .order_by(branches.c.id),
    None,
)
_forget_day = send(
    delete(loan_statistics).where(loan_statistics.c.day == bindparam("of_day")), "of_day"
)
_insert_counts = send_many(
    insert(loan_statistics).values(
        {
            column: bindparam(f"new_{column.name}", type_=column.type)
            for column in loan_statistics.columns
        }
    ),
    *(f"new_{column.name}" for column in loan_statistics.columns),
)


def count_day(transaction: Transaction, day: date) -> int:
    """Counts a day anew, of each branch by its own clock; gives how many events were counted.

    A return is counted by material alone: who had it is not asked any more.
    """
    _forget_day(transaction, day)
    counts: Counter[tuple[Any, ...]] = Counter()
    for branch_id, timezone in _all_branches(transaction):
        timezone = timezone or DEFAULT_TIMEZONE
        after, until = end_of_day(day - timedelta(1), timezone), end_of_day(day, timezone)
        for kind, traits, material_group in _events_of_day(transaction, branch_id, after, until):
            known = json.loads(traits) if traits else {}
            counts[
                day,
                branch_id,
                kind,
                known.get("group", material_group or ""),
                known.get("category", ""),
                known.get("age", ""),
                known.get("municipality", ""),
            ] += 1
    _insert_counts(transaction, [(*key, count) for key, count in sorted(counts.items())])
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
    for row in _sums(wanted)(transaction, first, last):
        figures: dict[str, Any] = dict.fromkeys(DIMENSIONS) | dict(zip(wanted, row, strict=False))
        if figures["kind"] is not None:
            figures["kind"] = EventKind(figures["kind"])
        found.append(Counted(**figures, number=row[-1]))
    return found


@lru_cache(maxsize=128)
def _sums(dimensions: tuple[str, ...]) -> Callable[..., list[tuple[Any, ...]]]:
    columns = [loan_statistics.c[name] for name in dimensions]
    return many(
        select(*columns, func.sum(loan_statistics.c.count))
        .where(loan_statistics.c.day.between(bindparam("first"), bindparam("last")))
        .group_by(*columns)
        .order_by(*columns)
        if columns
        else select(func.coalesce(func.sum(loan_statistics.c.count), 0)).where(
            loan_statistics.c.day.between(bindparam("first"), bindparam("last"))
        ),
        lambda *row: row,
        "first",
        "last",
    )
