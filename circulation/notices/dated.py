"""Notices that a date brings: of what will not stand ready much longer, of holds and cards that
will end.

Loans that fall due are the business of `circulation.dunning`.

Each is found by the day that it is for, and named by what it warns of, so that a job may be run for
any day, and again. What was missed is made up for, but only for some days.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, FromClause, select

from catalogue.database import Moment, Statement, columns, many
from circulation.calendars.due_dates import local_date
from circulation.holds.schema import captures, holds
from circulation.kernel.act import Act
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import Addressees, NoticeRequest, request_notice
from circulation.notices.rules import NOTICES, NoticeRules, notice_terms
from circulation.patrons.schema import patrons

#: So many rows in one transaction.
AT_MOST = 300
#: Days that are made up for where the job was not run.
MAKES_UP = 7
_A_DAY = timedelta(days=1)


class _Found(NamedTuple):
    """A row that may be told of; `on` is what it warns of."""

    id: int
    patron_id: int
    branch_id: int
    category: str
    on: date | datetime


class Dated(NamedTuple):
    """How notices of a kind are found: by which rows, and by which column that warns of a day."""

    kind: NoticeKind
    noun: str
    on: Column[Any]
    find: Callable[..., list[_Found]]

    @property
    def is_moment(self) -> bool:
        return isinstance(self.on.type, Moment)


def _finding(
    source: FromClause, branch: Column[int], on: Column[Any], *conditions: ColumnElement[bool]
) -> Callable[..., list[_Found]]:
    """Of `branch`'s table are the rows that are told of."""
    row_id = branch.table.c.id

    @many(_Found)
    def find(*, first: datetime, last: datetime, after: int) -> Statement:
        named = {"id": row_id, "patron_id": patrons.c.id, "branch_id": branch, "on": on}
        return (
            select(*columns(_Found, patrons, **named))
            .select_from(source)
            .where(on >= first, on <= last, row_id > after, *conditions)
            .order_by(row_id)
            .limit(AT_MOST)
        )

    return find


_WAITING = holds.join(patrons, patrons.c.id == holds.c.patron_id).outerjoin(
    captures, captures.c.hold_id == holds.c.id
)
_PICKUP, _HOME = holds.c.pickup_branch_id, patrons.c.home_branch_id
_IS_OPEN = holds.c.closed.is_(None)
_STANDS_READY = captures.c.shelved.is_not(None) & captures.c.released.is_(None)
DATED = (
    Dated(
        NoticeKind.PICKUP_NEAR,
        "holds",
        captures.c.deadline,
        _finding(_WAITING, _PICKUP, captures.c.deadline, _IS_OPEN, _STANDS_READY),
    ),
    Dated(
        NoticeKind.INTEREST_NEAR,
        "holds",
        holds.c.interest_until,
        _finding(_WAITING, _PICKUP, holds.c.interest_until, _IS_OPEN, captures.c.hold_id.is_(None)),
    ),
    Dated(
        NoticeKind.CARD_EXPIRING, "", patrons.c.expires, _finding(patrons, _HOME, patrons.c.expires)
    ),
)


def notices_of_day(act: Act, *, which: Dated, day: date, after: int = 0) -> tuple[int, int | None]:
    """Makes the notices of one kind that are due on the day: how many, and where to go on."""
    transaction, circulation = act.transaction, act.circulation
    set_up = circulation.current_set_up(transaction)
    if which.kind not in NOTICES.of(set_up).kinds:
        return 0, None
    widest = _widest(NOTICES.of(set_up), which.kind)
    first, last = _span(which, day, widest)
    page = which.find(transaction, first=first, last=last, after=after)
    made = 0
    among = Addressees(transaction, {row.patron_id for row in page})
    for row in page:
        terms = notice_terms(set_up, row.branch_id, row.category, which.kind)
        timezone = set_up.branches[row.branch_id].timezone
        on = local_date(row.on, timezone) if isinstance(row.on, datetime) else row.on
        if on < day or not day - MAKES_UP * _A_DAY < on - terms.days * _A_DAY <= day:
            continue
        rows = {which.noun: (row.id,)} if which.noun else {}
        cause = Cause(**rows, key=f"{which.on.name} {on.isoformat()}")  # type: ignore[arg-type]
        notice_id = request_notice(
            act,
            NoticeRequest(
                patron_id=row.patron_id,
                kind=which.kind,
                cause=cause,
                facts={which.on.name: row.on.isoformat()},
                branch_id=row.branch_id,
            ),
            among=among,
        )
        made += notice_id is not None
    return made, page[-1].id if len(page) == AT_MOST else None


def _widest(rules: NoticeRules, kind: NoticeKind) -> int:
    """The most days that any rule says of that kind."""
    fitting = (rule for rule in rules.rules if rule.kind in (None, kind.value))
    widest: int = max((rule.says.get("days", 0) for rule in fitting), default=0)
    return widest


def _span(which: Dated, day: date, widest: int) -> tuple[Any, Any]:
    """Between which dates rows may be told of on that day; a day more, for other time zones."""
    first, last = day - _A_DAY, day + (widest + 1) * _A_DAY
    if not which.is_moment:
        return first, last
    return _midnight(first), _midnight(last + _A_DAY)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
