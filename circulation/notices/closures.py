"""Telling patrons, once for each closure, of the new dates of their loans and holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from circulation.calendars.due_dates import local_date
from circulation.closures.redating import NewDates, Redated
from circulation.kernel.act import Act
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import Addressees, NoticeRequest, request_notice


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
