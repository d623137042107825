"""Patrons whose hold no copy can fill are told so, once for each hold."""

from __future__ import annotations

from circulation.holds.unfillable import unfillable_holds
from circulation.kernel.act import Act
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import Addressees, NoticeRequest, request_notice

#: So many titles in one transaction.
AT_MOST = 200


def tell_of_unfillable(act: Act, *, after: int = 0) -> tuple[int, int | None]:
    """Makes the notices: how many, and after which record to go on."""
    transaction, circulation = act.transaction, act.circulation
    page = unfillable_holds(circulation, transaction, after=after, limit=AT_MOST)
    among = Addressees(transaction, {each.patron_id for each in page.holds})
    made = 0
    for each in page.holds:
        notice_id = request_notice(
            act,
            NoticeRequest(
                patron_id=each.patron_id,
                kind=NoticeKind.HOLD_UNFILLABLE,
                cause=Cause(holds=(each.hold.id,)),
                branch_id=each.hold.pickup_branch.id,
            ),
            among=among,
        )
        made += notice_id is not None
    return made, page.next
