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

from sqlalchemy import ColumnElement, bindparam, select

from catalogue.database import Moment, Transaction, many
from circulation.calendars.due_dates import local_date
from circulation.holds.schema import captures, holds
from circulation.kernel.engine import Circulation
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


def _select(
    table: Any, branch: Any, on: Any, *conditions: ColumnElement[bool], is_moment: bool
) -> Callable[..., list[_Found]]:
    kind = Moment if is_moment else on.type
    return many(
        select(table.c.id, patrons.c.id, branch, patrons.c.category, on)
        .select_from(_JOINS[table.name])
        .where(
            on >= bindparam("first", type_=kind),
            on <= bindparam("last", type_=kind),
            table.c.id > bindparam("after"),
            *conditions,
        )
        .order_by(table.c.id)
        .limit(AT_MOST),
        _Found,
        "first",
        "last",
        "after",
    )


_with_capture = holds.join(patrons, patrons.c.id == holds.c.patron_id)
_JOINS = {
    "holds": _with_capture.outerjoin(captures, captures.c.hold_id == holds.c.id),
    "patrons": patrons,
}
_READY = _select(
    holds,
    holds.c.pickup_branch_id,
    captures.c.deadline,
    holds.c.closed.is_(None),
    captures.c.shelved.is_not(None),
    captures.c.released.is_(None),
    is_moment=True,
)
_INTEREST = _select(
    holds,
    holds.c.pickup_branch_id,
    holds.c.interest_until,
    holds.c.closed.is_(None),
    captures.c.hold_id.is_(None),
    is_moment=False,
)
_CARDS = _select(patrons, patrons.c.home_branch_id, patrons.c.expires, is_moment=False)


class Dated(NamedTuple):
    """How notices of a kind are found: by which rows, and what of them they warn of."""

    kind: NoticeKind
    find: Callable[..., list[_Found]]
    noun: str
    fact: str
    is_moment: bool


DATED = (
    Dated(NoticeKind.PICKUP_NEAR, _READY, "holds", "deadline", is_moment=True),
    Dated(
        NoticeKind.INTEREST_NEAR,
        _INTEREST,
        "holds",
        "interest_until",
        is_moment=False,
    ),
    Dated(NoticeKind.CARD_EXPIRING, _CARDS, "", "expires", is_moment=False),
)


def notices_of_day(
    circulation: Circulation,
    transaction: Transaction,
    *,
    which: Dated,
    day: date,
    now: datetime,
    after: int = 0,
) -> tuple[int, int | None]:
    """Makes the notices of one kind that are due on the day: how many, and where to go on."""
    set_up = circulation.current_set_up(transaction)
    if which.kind not in NOTICES.of(set_up).kinds:
        return 0, None
    widest = _widest(NOTICES.of(set_up), which.kind)
    first, last = _span(which, day, widest)
    page = which.find(transaction, first, last, after)
    made = 0
    among = Addressees(transaction, {row.patron_id for row in page})
    for row in page:
        terms = notice_terms(set_up, row.branch_id, row.category, which.kind)
        timezone = set_up.branches[row.branch_id].timezone
        on = local_date(row.on, timezone) if isinstance(row.on, datetime) else row.on
        if on < day or not day - MAKES_UP * _A_DAY < on - terms.days * _A_DAY <= day:
            continue
        rows = {which.noun: (row.id,)} if which.noun else {}
        cause = Cause(**rows, key=f"{which.fact} {on.isoformat()}")  # type: ignore[arg-type]
        notice_id = request_notice(
            circulation,
            transaction,
            NoticeRequest(
                patron_id=row.patron_id,
                kind=which.kind,
                cause=cause,
                facts={which.fact: row.on.isoformat()},
                branch_id=row.branch_id,
            ),
            now=now,
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
