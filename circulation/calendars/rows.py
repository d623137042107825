"""The rows of calendars, and the calendars of all branches made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, Table, delete, insert, or_, select

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.calendars.days import parse_days
from circulation.calendars.opening_hours import (
    OPEN_WEEK,
    Calendar,
    ClosedPeriod,
    Hours,
    SpecialDays,
    Week,
    parse_hours,
)
from circulation.calendars.schema import closures, opening_hours, special_days


class WeekdayRow(NamedTuple):
    """The hours of one weekday (0 is Monday) of an agency or a branch."""

    agency_id: int | None
    branch_id: int | None
    weekday: int
    hours: str


class SpecialDaysRow(NamedTuple):
    """A special day or period of an agency or a branch."""

    agency_id: int | None
    branch_id: int | None
    days: str
    hours: str
    note: str


class ClosureRow(NamedTuple):
    """An emergency closure (see `circulation.closures.closing`)."""

    id: int
    branch_id: int
    first: date
    last: date
    reason: str
    alternative_id: int | None = None


class Branch(Protocol):
    """What is needed of a branch to find its calendar."""

    @property
    def id(self) -> int: ...

    @property
    def agency_id(self) -> int: ...

    @property
    def timezone(self) -> str: ...


class Owner(NamedTuple):
    """The owner of a calendar, an agency or a branch; the other id is None."""

    agency_id: int | None
    branch_id: int | None


@many(WeekdayRow)
def weekday_rows() -> Statement:
    return select(*columns(WeekdayRow, opening_hours))


@many(SpecialDaysRow)
def special_days_rows() -> Statement:
    return select(*columns(SpecialDaysRow, special_days))


@many(ClosureRow)
def closure_rows() -> Statement:
    return select(*columns(ClosureRow, closures)).order_by(closures.c.first, closures.c.id)


def read_calendars(transaction: Transaction, branches: Iterable[Branch]) -> dict[int, Calendar]:
    """The calendar of each branch, by the branch's id."""
    return make_calendars(
        branches,
        weekday_rows(transaction),
        special_days_rows(transaction),
        closure_rows(transaction),
    )


def make_calendars(
    branches: Iterable[Branch],
    weekdays: Iterable[WeekdayRow],
    special: Iterable[SpecialDaysRow],
    closed_periods: Iterable[ClosureRow],
) -> dict[int, Calendar]:
    """Return the calendar that the rows make for each branch, by the branch's id."""
    weeks: dict[tuple[int | None, int | None], dict[int, Hours]] = defaultdict(dict)
    for weekday in weekdays:
        weeks[weekday[:2]][weekday.weekday] = _hours(weekday.hours)
    days: dict[tuple[int | None, int | None], list[SpecialDays]] = defaultdict(list)
    for row in special:
        parsed = parse_days(row.days)
        if parsed is None:
            raise ValueError(f"special days that cannot be read: {row.days!r}")
        days[row[:2]].append(SpecialDays(parsed, _hours(row.hours), row.note))
    closed: dict[int, list[ClosedPeriod]] = defaultdict(list)
    for closure in closed_periods:
        period = ClosedPeriod(closure.first, closure.last, closure.alternative_id)
        closed[closure.branch_id].append(period)
    return {
        branch.id: Calendar(
            branch.timezone,
            _week(weeks.get((None, branch.id)) or weeks.get((branch.agency_id, None))),
            tuple(days[None, branch.id]),
            tuple(days[branch.agency_id, None]),
            tuple(closed[branch.id]),
        )
        for branch in branches
    }


@send
def _insert_weekday(
    *, agency_id: int | None, branch_id: int | None, weekday: int, hours: str
) -> Statement:
    return insert(opening_hours).values(locals())


@send
def _insert_special_days(
    *, agency_id: int | None, branch_id: int | None, days: str, hours: str, note: str
) -> Statement:
    return insert(special_days).values(locals())


def _is_of(table: Table, agency_id: int | None, branch_id: int | None) -> ColumnElement[bool]:
    return or_(table.c.agency_id == agency_id, table.c.branch_id == branch_id)


@send
def _delete_week(*, agency_id: int | None, branch_id: int | None) -> Statement:
    return delete(opening_hours).where(_is_of(opening_hours, agency_id, branch_id))


@send
def _delete_special_days(*, agency_id: int | None, branch_id: int | None, days: str) -> Statement:
    its = _is_of(special_days, agency_id, branch_id)
    return delete(special_days).where(its, special_days.c.days == days)


def store_week(transaction: Transaction, owner: Owner, week: Mapping[int, str]) -> None:
    """Replaces the week of the owner by the hours of each weekday (0 is Monday).

    Without any the owner has no week of its own. Afterwards, as for the next two functions,
    `circulation.kernel.set_up.set_up_changed` must be called.
    """
    _delete_week(transaction, **_checked(owner))
    for weekday, hours in week.items():
        _insert_weekday(transaction, **owner._asdict(), weekday=weekday, hours=hours)


def store_special_days(
    transaction: Transaction, owner: Owner, days: str, hours: str, note: str
) -> None:
    """Stores a special day or period, replacing the one written in the same way."""
    forget_special_days(transaction, owner, days)
    _insert_special_days(transaction, **owner._asdict(), days=days, hours=hours, note=note)


def forget_special_days(transaction: Transaction, owner: Owner, days: str) -> None:
    _delete_special_days(transaction, **_checked(owner), days=days)


def _checked(owner: Owner) -> dict[str, int | None]:
    if owner == Owner(None, None):
        raise ValueError("a calendar belongs to an agency or to a branch")
    return owner._asdict()


def _hours(text: str) -> Hours:
    hours = parse_hours(text)
    if hours is None:
        raise ValueError(f"opening hours that cannot be read: {text!r}")
    return hours


def _week(by_weekday: dict[int, Hours] | None) -> Week:
    if by_weekday is None:
        return OPEN_WEEK
    return tuple(by_weekday.get(weekday, ()) for weekday in range(7))  # type: ignore[return-value]
