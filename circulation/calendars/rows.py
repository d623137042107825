"""The calendars of all branches, from their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, Table, bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.calendars.days import parse_days
from circulation.calendars.opening_hours import (
    OPEN_WEEK,
    Calendar,
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


class Branch(Protocol):
    """What must be known of a branch to find its calendar."""

    @property
    def id(self) -> int: ...

    @property
    def agency_id(self) -> int: ...

    @property
    def timezone(self) -> str: ...


class Owner(NamedTuple):
    """Whose calendar: an agency's or a branch's; the other id is None."""

    agency_id: int | None
    branch_id: int | None


def _columns(table: Table, names: tuple[str, ...]) -> list[Column[Any]]:
    return [table.c[name] for name in names]


weekday_rows = many(select(*_columns(opening_hours, WeekdayRow._fields)), WeekdayRow)
special_days_rows = many(select(*_columns(special_days, SpecialDaysRow._fields)), SpecialDaysRow)
closure_rows = many(
    select(*_columns(closures, ClosureRow._fields)).order_by(closures.c.first, closures.c.id),
    ClosureRow,
)


def read_calendars(transaction: Transaction, branches: Iterable[Branch]) -> dict[int, Calendar]:
    """The calendar of each branch, by the branch's id."""
    weeks: dict[tuple[int | None, int | None], dict[int, Hours]] = defaultdict(dict)
    for weekday in weekday_rows(transaction):
        weeks[weekday[:2]][weekday.weekday] = _hours(weekday.hours)
    days: dict[tuple[int | None, int | None], list[SpecialDays]] = defaultdict(list)
    for row in special_days_rows(transaction):
        parsed = parse_days(row.days)
        if parsed is None:
            raise ValueError(f"special days that cannot be read: {row.days!r}")
        days[row[:2]].append(SpecialDays(parsed, _hours(row.hours), row.note))
    closed: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for closure in closure_rows(transaction):
        closed[closure.branch_id].append((closure.first, closure.last))
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


_insert_weekday = send(
    insert(opening_hours).values(
        {
            name: bindparam(f"new_{name}", type_=opening_hours.c[name].type)
            for name in WeekdayRow._fields
        }
    ),
    *(f"new_{name}" for name in WeekdayRow._fields),
)
_insert_special_days = send(
    insert(special_days).values(
        {
            name: bindparam(f"new_{name}", type_=special_days.c[name].type)
            for name in SpecialDaysRow._fields
        }
    ),
    *(f"new_{name}" for name in SpecialDaysRow._fields),
)
_delete_week = {
    kind: send(delete(opening_hours).where(opening_hours.c[kind] == bindparam("owner")), "owner")
    for kind in Owner._fields
}
_delete_special_days = {
    kind: send(
        delete(special_days).where(
            special_days.c[kind] == bindparam("owner"), special_days.c.days == bindparam("of_days")
        ),
        "owner",
        "of_days",
    )
    for kind in Owner._fields
}


def store_week(transaction: Transaction, owner: Owner, week: Mapping[int, str]) -> None:
    """The hours of each weekday (0 is Monday), in place of what the owner had.

    Without any the owner has no week of its own. This, and the two that follow, need
    `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    kind, owner_id = _kind(owner)
    _delete_week[kind](transaction, owner_id)
    for weekday, hours in week.items():
        _insert_weekday(transaction, *owner, weekday, hours)


def store_special_days(
    transaction: Transaction, owner: Owner, days: str, hours: str, note: str
) -> None:
    """A special day or period, in place of the one so written."""
    forget_special_days(transaction, owner, days)
    _insert_special_days(transaction, *owner, days, hours, note)


def forget_special_days(transaction: Transaction, owner: Owner, days: str) -> None:
    kind, owner_id = _kind(owner)
    _delete_special_days[kind](transaction, owner_id, days)


def _kind(owner: Owner) -> tuple[str, int]:
    for kind, owner_id in zip(Owner._fields, owner, strict=True):
        if owner_id is not None:
            return kind, owner_id
    raise ValueError("a calendar belongs to an agency or to a branch")


def _hours(text: str) -> Hours:
    hours = parse_hours(text)
    if hours is None:
        raise ValueError(f"opening hours that cannot be read: {text!r}")
    return hours


def _week(by_weekday: dict[int, Hours] | None) -> Week:
    if by_weekday is None:
        return OPEN_WEEK
    return tuple(by_weekday.get(weekday, ()) for weekday in range(7))  # type: ignore[return-value]
