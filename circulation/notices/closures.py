"""Messages about closures: one for each patron with new dates, another one if it is withdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import select, update

from catalogue.database import Statement, columns, many, send
from circulation.calendars.due_dates import local_date
from circulation.closures.closing import ClosureChange
from circulation.closures.redating import NewDates, Redated
from circulation.holds.closed_branches import opening_after_closure
from circulation.holds.schema import captures
from circulation.kernel.act import Act
from circulation.kernel.set_up import SetUp, read_set_up
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.requests import (
    Addressees,
    NoticeRequest,
    request_notice,
    sending_time,
)
from circulation.notices.rows import Notice, read_notice, select_notices
from circulation.notices.rules import notice_terms
from circulation.notices.schema import IS_WAITING_NOTICE, notices, stored

_READY = stored((NoticeKind.HOLD_READY, NoticeKind.READY_AT_DESK, NoticeKind.READY_IN_READING_ROOM))
_SENT = stored((NoticeState.SENDING, NoticeState.SENT, NoticeState.DELIVERED, NoticeState.READ))


class _Waiting(NamedTuple):
    """A message of a hold that is ready, which waits."""

    id: int
    patron_id: int | None
    kind: str
    due: datetime


@many(_Waiting)
def _waiting_at(*, branch_id: int) -> Statement:
    its = select(*columns(_Waiting, notices))
    is_ready = notices.c.kind.in_(_READY)
    return its.where(IS_WAITING_NOTICE, is_ready, notices.c.branch_id == branch_id)


@send
def _set_due(*, notice_id: int, due: datetime) -> Statement:
    return update(notices).where(notices.c.id == notice_id, IS_WAITING_NOTICE).values(due=due)


@many(read_notice)
def _sent_of_holds(*, branch_id: int) -> Statement:
    """Return what patrons were sent about new dates for whom an item is on the branch's shelf."""
    on_shelf = select(captures.c.patron_id).where(
        captures.c.shelf_branch_id == branch_id, captures.c.released.is_(None)
    )
    return select_notices(
        notices.c.patron_id.in_(on_shelf),
        notices.c.kind.in_(stored((NoticeKind.DATES_MOVED,))),
        notices.c.state.in_(_SENT),
    ).order_by(notices.c.id)


def tell_of_new_dates(act: Act, moved: Sequence[NewDates]) -> None:
    """Request one message for each patron whose loans or holds got new dates.

    Agencies write messages of their own, each in the name of the first branch that is closed.
    """
    mine: dict[tuple[int, int], list[NewDates]] = defaultdict(list)
    for each in moved:
        for patron_id in {redated.patron_id for redated in (*each.loans, *each.pickups)}:
            mine[patron_id, each.branch.agency_id].append(each)
    among = Addressees(act.transaction, {patron_id for patron_id, _ in mine})
    for (patron_id, _), parts in sorted(mine.items(), key=lambda item: item[0]):
        request_notice(act, _request(patron_id, parts), among=among)


def _request(patron_id: int, parts: Sequence[NewDates]) -> NoticeRequest:
    due: dict[str, str] = {}
    until: dict[str, str] = {}
    closed = []
    for each in parts:
        loans, holds = (
            [redated for redated in some if redated.patron_id == patron_id]
            for some in (each.loans, each.pickups)
        )
        due |= _dates(loans)
        until |= _dates(holds)
        closed += _closed(each, [redated.before for redated in (*loans, *holds)])
    dates = sha256(repr((sorted(due.items()), sorted(until.items()))).encode()).hexdigest()
    name, number = parts[0].cause
    return NoticeRequest(
        patron_id=patron_id,
        kind=NoticeKind.DATES_MOVED,
        cause=Cause(
            loans=tuple(map(int, due)),
            holds=tuple(map(int, until)),
            key=f"{name} {number} {dates[:12]}",
        ),
        facts={"closed": closed, "due": due, "until": until},
        branch_id=parts[0].branch.id,
    )


def _dates(redated: Sequence[Redated]) -> dict[str, str]:
    return {str(each.id): each.after.isoformat() for each in redated}


def _closed(moved: NewDates, moments: Sequence[datetime]) -> list[dict[str, Any]]:
    """Return the periods that the moments fall into."""
    days = {local_date(each, moved.branch.timezone) for each in moments}
    return [
        {
            "branch": moved.branch.name,
            "branch_id": moved.branch.id,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "reason": period.reason,
        }
        for period in moved.periods
        if any(period.first <= day <= period.last for day in days)
    ]


def follow_closure(act: Act, change: ClosureChange) -> None:
    """Let messages follow a closure that was announced or lifted.

    Messages of holds that are ready wait until the branch opens. Where a closure is lifted, each
    patron who was sent a message that it affects a hold is sent another one.
    """
    set_up = read_set_up(act.transaction)
    _reschedule_ready(act, set_up, change)
    if not change.is_lifted:
        return
    opened = _opened(set_up, change, act.now)
    if opened is None:
        return
    for sent in _sent_of_holds(act.transaction, branch_id=change.branch.id):
        if sent.cause.holds and any(
            each["branch_id"] == change.branch.id
            and each["first"] <= opened["last"]
            and opened["first"] <= each["last"]
            for each in sent.facts.get("closed", ())
        ):
            request_notice(act, _correction(sent, change.branch.id, opened))


def _reschedule_ready(act: Act, set_up: SetUp, change: ClosureChange) -> None:
    branch = change.branch
    opening = opening_after_closure(set_up, branch.id, act.now)
    waiting = _waiting_at(act.transaction, branch_id=branch.id)
    among = Addressees(act.transaction, {each.patron_id for each in waiting if each.patron_id})
    for each in waiting:
        person = among.person(each.patron_id or 0)
        if person is None:
            continue
        terms = notice_terms(set_up, branch.id, person.category, NoticeKind(each.kind))
        due = sending_time(terms, act.now, opening, branch.timezone)
        if due != each.due and max(due, each.due) > act.now:
            _set_due(act.transaction, notice_id=each.id, due=due)


def _opened(set_up: SetUp, change: ClosureChange, now: datetime) -> dict[str, Any] | None:
    """Return the days that the closure does not close any more; None where there are none."""
    branch = change.branch
    calendar = set_up.calendars[branch.id]
    begin = max(change.first, local_date(now, branch.timezone))
    days = [begin + timedelta(days=each) for each in range((change.last - begin).days + 1)]
    opened = [day for day in days if not calendar.closures_on(day)]
    if not opened:
        return None
    return {
        "branch": branch.name,
        "branch_id": branch.id,
        "first": opened[0].isoformat(),
        "last": opened[-1].isoformat(),
    }


def _correction(sent: Notice, branch_id: int, opened: dict[str, Any]) -> NoticeRequest:
    assert sent.patron_id is not None
    return NoticeRequest(
        patron_id=sent.patron_id,
        kind=NoticeKind.DATES_MOVED,
        cause=Cause(holds=sent.cause.holds, key=f"open {opened['first']} {opened['last']}"),
        facts={"opened": [opened], "due": {}, "until": sent.facts["until"]},
        branch_id=branch_id,
    )
