"""Telling patrons, once for each closure, of the new dates of their loans and holds."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256

from circulation.closures.closing import Closure, Redated
from circulation.kernel.act import Act
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import Addressees, NoticeRequest, request_notice


def tell_of_closure(act: Act, closure: Closure, closure_id: int, reason: str) -> None:
    """Request one message for each patron whose loans or holds got new dates."""
    loans, holds = _by_patron(closure.loans), _by_patron(closure.pickups)
    among = Addressees(act.transaction, {*loans, *holds})
    period = {"first": closure.first.isoformat(), "last": closure.last.isoformat()}
    for patron_id in sorted({*loans, *holds}):
        due = {str(each.id): each.after.isoformat() for each in loans.get(patron_id, ())}
        until = {str(each.id): each.after.isoformat() for each in holds.get(patron_id, ())}
        dates = sha256(repr((sorted(due.items()), sorted(until.items()))).encode()).hexdigest()
        request_notice(
            act,
            NoticeRequest(
                patron_id=patron_id,
                kind=NoticeKind.DATES_MOVED,
                cause=Cause(
                    loans=tuple(each.id for each in loans.get(patron_id, ())),
                    holds=tuple(each.id for each in holds.get(patron_id, ())),
                    key=f"closure {closure_id} {dates[:12]}",
                ),
                facts={**period, "reason": reason, "due": due, "until": until},
                branch_id=closure.branch.id,
            ),
            among=among,
        )


def _by_patron(moved: tuple[Redated, ...]) -> dict[int, list[Redated]]:
    found: dict[int, list[Redated]] = defaultdict(list)
    for each in moved:
        found[each.patron_id].append(each)
    return found
