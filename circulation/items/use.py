"""How often an item was lent: here, as its events tell, and before it came here.

What another system has counted (`former_use`) is by year, or of no year that is known, and holds
for all loans up to a moment; what is lent here after it is added. What was lent here and whose
events have left the database is counted among it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, exists, func, insert, literal_column, select, update

from catalogue.database import Statement, Transaction, columns, many, many_of, scalars, send_many
from catalogue.schema import items
from circulation.items.schema import former_use
from circulation.kernel.events import EventKind
from circulation.kernel.schema import events

#: Of loans that were counted without their years.
NO_YEAR: Final = 0
#: Before all events: none of those that are here is counted already.
_NEVER: Final = datetime(1900, 1, 1, tzinfo=UTC)


class FormerUse(NamedTuple):
    """What was counted of an item elsewhere, of all loans up to `until`."""

    item_id: int
    year: int
    loans: int
    renewals: int
    last_lent: datetime | None
    until: datetime


class YearOfUse(NamedTuple):
    """Loans and renewals of a year; None is no year that is known."""

    year: int | None
    loans: int
    renewals: int


@dataclass(frozen=True, slots=True)
class ItemUse:
    """How often an item was lent in all, when last, and by year, the first year first."""

    loans: int
    renewals: int
    last_lent: datetime | None
    years: tuple[YearOfUse, ...]


@many_of(FormerUse)
def _former(*, item_ids: Sequence[int]) -> Statement:
    its = former_use.c
    chosen = select(*columns(FormerUse, former_use)).where(its.item_id.in_(item_ids))
    return chosen.order_by(its.item_id, its.year)


@send_many
def _insert(record: FormerUse) -> Statement:
    return insert(former_use).values(record._asdict())


@send_many
def _update(record: FormerUse) -> Statement:
    its = former_use.c
    return (
        update(former_use)
        .where(its.item_id == record.item_id, its.year == record.year)
        .values(
            loans=record.loans,
            renewals=record.renewals,
            last_lent=record.last_lent,
            until=record.until,
        )
    )


def note_former_use(
    transaction: Transaction, told: Sequence[FormerUse], *, is_more: bool = False
) -> None:
    """Writes what was counted of items elsewhere; with `is_more` that comes on top of what stands
    there. The last loan is the latest that anything has told of."""
    ids = sorted({each.item_id for each in told})
    before = {(each.item_id, each.year): each for each in _former(transaction, item_ids=ids)}
    after = dict(before)
    for each in told:
        known = after.get((each.item_id, each.year))
        if known is not None:
            each = each._replace(
                loans=each.loans + known.loans * is_more,
                renewals=each.renewals + known.renewals * is_more,
                last_lent=_later(each.last_lent, known.last_lent),
                until=max(each.until, known.until),
            )
        after[each.item_id, each.year] = each
    changed = {key: each for key, each in after.items() if before.get(key) != each}
    _insert(transaction, [each for key, each in changed.items() if key not in before])
    _update(transaction, [each for key, each in changed.items() if key in before])


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)


_is_counted = exists(
    select(1)
    .where(former_use.c.item_id == events.c.item_id, former_use.c.until >= events.c.at)
    .correlate(events)
)
_cancel = events.alias("cancel")
_CANCELS: list[ColumnElement[str]] = [
    literal_column(f"'{each.value}'")
    for each in (EventKind.CHECK_OUT_CANCELLED, EventKind.RENEWAL_CANCELLED)
]
_is_undone = exists(
    select(1)
    .where(
        _cancel.c.item_id == events.c.item_id,
        _cancel.c.id > events.c.id,
        _cancel.c.cause == events.c.id,
        _cancel.c.kind.in_(_CANCELS),
    )
    .correlate(events)
)


class _Lent(NamedTuple):
    item_id: int
    branch_id: int
    kind: str
    at: datetime


@scalars(int)
def undone_loans() -> Statement:
    """Return the events of loans and renewals that were undone. Reads every event."""
    return select(events.c.cause).where(events.c.kind.in_(_CANCELS), events.c.cause.is_not(None))


@many_of(_Lent)
def _lent_by(*, event_ids: Sequence[int]) -> Statement:
    """The loans and renewals among these events that nothing else has counted."""
    kinds = (EventKind.CHECKED_OUT, EventKind.RENEWED)
    its = columns(_Lent, events, branch_id=items.c.branch_id)
    return (
        select(*its)
        .select_from(events.join(items, items.c.id == events.c.item_id))
        .where(
            events.c.id.in_(event_ids),
            events.c.kind.in_([literal_column(f"'{each.value}'") for each in kinds]),
            ~_is_counted,
        )
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


def count_as_former(
    transaction: Transaction, event_ids: Sequence[int], zones: Mapping[int, str]
) -> None:
    """Counts what these events tell of loans among the former use of their items: they are about
    to be deleted, in this transaction. None of them is among `undone_loans`. `zones` are those of
    the branches, by whose clocks years begin."""
    told: dict[tuple[int, int], FormerUse] = {}
    for lent in _lent_by(transaction, event_ids=event_ids):
        year = lent.at.astimezone(ZoneInfo(zones[lent.branch_id])).year
        is_renewal = lent.kind == EventKind.RENEWED.value
        known = told.get((lent.item_id, year), FormerUse(lent.item_id, year, 0, 0, None, _NEVER))
        told[lent.item_id, year] = known._replace(
            loans=known.loans + (not is_renewal),
            renewals=known.renewals + is_renewal,
            last_lent=known.last_lent if is_renewal else _later(known.last_lent, lent.at),
        )
    note_former_use(transaction, list(told.values()), is_more=True)


_WAS_LENT: Final = (
    events.c.item_id == items.c.id,
    events.c.kind == literal_column(f"'{EventKind.CHECKED_OUT.value}'"),
    ~_is_undone,
)
_HAD_USE: Final = former_use.c.item_id == items.c.id


def _of_item(value: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(value).where(*conditions).correlate(items).scalar_subquery()


_lent_here = _of_item(func.max(events.c.at), *_WAS_LENT)
_lent_before = _of_item(func.max(former_use.c.last_lent), _HAD_USE)
#: Of each of `items`: how often it was lent in all, and when last.
LOANS_IN_ALL: Final[ColumnElement[int]] = _of_item(
    func.count(), *_WAS_LENT, ~_is_counted
) + func.coalesce(_of_item(func.sum(former_use.c.loans), _HAD_USE), 0)
LAST_LENT: Final[ColumnElement[datetime]] = case(
    (_lent_here.is_(None), _lent_before),
    (_lent_before.is_(None), _lent_here),
    (_lent_here > _lent_before, _lent_here),
    else_=_lent_before,
)


def lent_since(day: Any, year: Any) -> ColumnElement[bool]:
    """Was it lent after that time, or perhaps: it was in that year or later, nobody knows when?"""
    its = former_use.c
    in_that_year = its.last_lent.is_(None) & (its.year >= year) & (its.loans > 0)
    before = select(1).where(_HAD_USE, (its.last_lent > day) | in_that_year)
    here = select(1).where(*_WAS_LENT, events.c.at > day)
    return exists(here.correlate(items)) | exists(before.correlate(items))


class _Event(NamedTuple):
    kind: str
    at: datetime


@many(_Event)
def _events(*, item_id: int) -> Statement:
    kinds = (EventKind.CHECKED_OUT, EventKind.RENEWED)
    return select(*columns(_Event, events)).where(
        events.c.item_id == item_id,
        events.c.kind.in_([literal_column(f"'{each.value}'") for each in kinds]),
        ~_is_undone,
    )


def use_of(transaction: Transaction, *, item_id: int, timezone: str) -> ItemUse:
    """How often the item was lent; a year is one of the timezone."""
    former = _former(transaction, item_ids=[item_id])
    until = max((each.until for each in former), default=None)
    last = max((each.last_lent for each in former if each.last_lent is not None), default=None)
    years: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for each in former:
        years[each.year][0] += each.loans
        years[each.year][1] += each.renewals
    for event in _events(transaction, item_id=item_id):
        if until is not None and event.at <= until:
            continue
        is_renewal = event.kind == EventKind.RENEWED.value
        years[event.at.astimezone(ZoneInfo(timezone)).year][is_renewal] += 1
        if not is_renewal:
            last = _later(last, event.at)
    told = [YearOfUse(year or None, *counts) for year, counts in sorted(years.items())]
    told = [each for each in told if each.loans or each.renewals]
    return ItemUse(
        sum(each.loans for each in told), sum(each.renewals for each in told), last, tuple(told)
    )
